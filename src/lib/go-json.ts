/** JSON as Go's `encoding/json` writes it. */
import { isRecord } from './is-record.ts';

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * What HTML would take for something else is escaped, and keys are sorted, as those of Go's maps are. `keepOrder`: they stand
 * for the fields of a struct, and stay in their order.
 */
export function goJson(value: unknown, indent = '', { keepOrder = false }: { keepOrder?: boolean } = {}): string {
  const inOrder = (_key: string, field: unknown): unknown => (isRecord(field) && !keepOrder ? sorted(field) : field);
  const text = JSON.stringify(value, inOrder, indent);
  return text.replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}

function sorted(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
