/**
 * One step of a path into an object, as FieldsV1 writes it: `f:NAME` a field, `k:{"name":"web"}` the element of a list by
 * its keys, `v:"x"` the element of a set, `i:0` the element at a place. Behaves as structured-merge-diff's `fieldpath` does.
 */
import { isRecord } from '../../lib/is-record.ts';

/** Go's JSON encoder escapes what could end a script in HTML; these texts must be the same as its own. */
const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
  '\\b': '\\u0008',
  '\\f': '\\u000c',
};
const ESCAPED = /\\\\|\\b|\\f|[<>&\u2028\u2029]/g;

function valueText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value).replace(ESCAPED, (found) => ESCAPES[found] ?? found);
}

export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** `entries` must be sorted by name. */
export function keyElement(entries: readonly (readonly [name: string, value: unknown])[]): string {
  return `k:{${entries.map(([name, value]) => `${JSON.stringify(name)}:${valueText(value)}`).join(',')}}`;
}

export function valueElement(value: unknown): string {
  return `v:${valueText(value)}`;
}

/** The name of a field; undefined for elements of lists. */
export function fieldName(element: string): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

export function isKeyElement(element: string): boolean {
  return element.startsWith('k:');
}

function keyEntries(element: string): [string, unknown][] {
  const keys: unknown = JSON.parse(element.slice(2));
  if (!isRecord(keys)) throw new Error(`the keys of a list element are no object: ${element}`);
  return Object.entries(keys).sort(([a], [b]) => compareText(a, b));
}

/** The keys by which a list element is told apart; none for other elements. */
export function keyNames(element: string): string[] {
  return isKeyElement(element) ? keyEntries(element).map(([name]) => name) : [];
}

/** The one spelling of an element; undefined for a type that is not known, whose fields are left out. Throws `Error`. */
export function canonicalElement(element: string): string | undefined {
  if (element[1] !== ':') throw new Error(`a path element begins with a letter and a colon, unlike ${element}`);
  switch (element[0]) {
    case 'f':
      return element;
    case 'k':
      return keyElement(keyEntries(element));
    case 'v':
      return valueElement(JSON.parse(element.slice(2)));
    case 'i':
      if (!/^i:-?\d+$/.test(element)) throw new Error(`the place in a list is no number: ${element}`);
      return `i:${Number(element.slice(2))}`;
    default:
      return undefined;
  }
}

/** Order of bytes in UTF-8. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    // a surrogate stands for what lies beyond every single unit
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : x - y;
  }
  return a.length - b.length;
}

const TYPES = ['number', 'string', 'boolean', 'object'];

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const types = TYPES.indexOf(typeof a) - TYPES.indexOf(typeof b);
  return types === 0 ? compareText(JSON.stringify(a), JSON.stringify(b)) : types;
}

interface Ordered {
  element: string;
  /** By entries, for an element that is told apart by keys; else what it says. */
  keys: readonly [string, unknown][];
  value: unknown;
}

function read(element: string): Ordered {
  const kind = element[0];
  if (kind === 'k') return { element, keys: keyEntries(element), value: undefined };
  const rest = element.slice(2);
  return { element, keys: [], value: kind === 'v' ? JSON.parse(rest) : kind === 'i' ? Number(rest) : rest };
}

function compareKeys(left: Ordered['keys'], right: Ordered['keys']): number {
  for (const [at, [name, value]] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const order = compareText(name, other[0]) || compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const KINDS = 'fkvi';

function compareRead(a: Ordered, b: Ordered): number {
  const [left = '', right = ''] = [a.element[0], b.element[0]];
  if (left !== right) return KINDS.indexOf(left) - KINDS.indexOf(right);
  return left === 'k' ? compareKeys(a.keys, b.keys) : compareValues(a.value, b.value);
}

/** The order in which elements are written: fields, keys, values, places; each by what it says. */
export function sortElements(elements: readonly string[]): string[] {
  if (elements.every((element) => element.startsWith('f:'))) return [...elements].sort(compareText);
  // read once each: lists of many thousand elements come in one request
  return elements
    .map(read)
    .sort(compareRead)
    .map(({ element }) => element);
}

const SHORT: Readonly<Record<string, string>> = { '\\u0007': '\\a', '\\u000b': '\\v' };

/** A text in quotes as Go writes it for people: what cannot be printed by its number. */
export function quoted(value: unknown): string {
  return JSON.stringify(value)
    .replace(/\\u[0-9a-f]{4}/g, (code) => SHORT[code] ?? code.replace(/^\\u00(?=[0-7])/, '\\x'))
    .replace(/(?! )[\p{C}\p{Z}]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0;
      if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`;
      return code < 0x80 ? `\\x${code.toString(16)}` : `\\u${code.toString(16).padStart(4, '0')}`;
    });
}

/** For people: `.spec`, `[name="web"]`, `[="x"]`, `[0]`. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element[0] === 'f') return `.${rest}`;
  if (element[0] === 'v') return `[=${quoted(JSON.parse(rest))}]`;
  if (element[0] !== 'k') return `[${rest}]`;
  return `[${keyEntries(element)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(',')}]`;
}

export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}
