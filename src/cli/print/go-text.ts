/** Values as Go writes them, which is what kubectl's templates print. */
import { isRecord } from '../../lib/is-record.ts';

/** As `fmt.Sprint`: `map[a:1 b:2]`, `[x y]`, `<nil>`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goNumber(value);
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isRecord(value)) return String(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([key, field]) => `${key}:${goText(field)}`).join(' ')}]`;
}

/** The shortest form, with an exponent below 1e-4 and, where it is no whole number of 64 bits, from 1e21. */
function goNumber(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 1e-4) return String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits}e-${exponent.slice(1).padStart(2, '0')}`;
}

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * As `encoding/json`: what HTML would take for something else is escaped, and keys are sorted, as those of Go's maps are.
 * `keepOrder`: they stand for the fields of a struct, and stay in their order.
 */
export function goJson(value: unknown, indent = '', { keepOrder = false }: { keepOrder?: boolean } = {}): string {
  const inOrder = (_key: string, field: unknown): unknown => (isRecord(field) && !keepOrder ? sorted(field) : field);
  const text = JSON.stringify(value, inOrder, indent);
  return text.replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}

function sorted(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
