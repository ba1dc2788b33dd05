/** JSON as Go's `encoding/json` writes it. */
import { isRecord } from './is-record.ts';

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** The fields of a Go struct in their order; undefined for a map, whose keys are sorted. Lists are seen through. */
export interface FieldOrder {
  /** Where the field stands; what has no place of its own comes last. */
  place(field: string): number;
  inside(field: string): FieldOrder | undefined;
}

interface Form {
  indent: string;
  keepOrder: boolean;
}

/**
 * What HTML would take for something else is escaped, and keys are sorted, as those of Go's maps are. `keepOrder`: they stand
 * for the fields of a struct, and stay in their order. `order`: what is known of structs and maps in it.
 */
export function goJson(
  value: unknown,
  indent = '',
  { keepOrder = false, order }: { keepOrder?: boolean; order?: FieldOrder | undefined } = {},
): string {
  const text = written(value, { indent, keepOrder }, order, indent === '' ? '' : '\n');
  return text.replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}

/** Written key by key, because an object of JavaScript has keys like `10` before all others. `line` begins a new line. */
function written(value: unknown, form: Form, order: FieldOrder | undefined, line: string): string {
  const inner = line + form.indent;
  if (Array.isArray(value)) {
    const items = value.map((each) => written(each, form, order, inner));
    return enclosed('[', items, ']', { line, inner });
  }
  if (typeof value === 'bigint') return String(value);
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const colon = line === '' ? ':' : ': ';
  const members = keysOf(value, form, order).map(
    (key) => `${JSON.stringify(key)}${colon}${written(value[key], form, order?.inside(key), inner)}`,
  );
  return enclosed('{', members, '}', { line, inner });
}

function enclosed(
  open: string,
  parts: readonly string[],
  close: string,
  { line, inner }: { line: string; inner: string },
): string {
  return parts.length === 0 ? `${open}${close}` : `${open}${inner}${parts.join(`,${inner}`)}${line}${close}`;
}

function keysOf(
  fields: Readonly<Record<string, unknown>>,
  { keepOrder }: Form,
  order: FieldOrder | undefined,
): string[] {
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined);
  if (order === undefined) return keepOrder ? keys : keys.sort();
  return keys.sort((a, b) => order.place(a) - order.place(b) || (a < b ? -1 : 1));
}
