/** `--sort-by`: objects in the order of one of their fields, with kubectl's rules. */
import { parseQuantity, type Quantity } from '../../api/quantity/quantity.ts';
import { goText } from './go-text.ts';
import { findResults } from './jsonpath/find.ts';
import { relaxedJsonPath } from './jsonpath/relaxed.ts';
import { JsonPathError } from './jsonpath/template.ts';

/** Go sorts so many by insertion, and the order of those without the field follows from it. */
const fewItems = 12;

/** No object has the field to sort by. */
export class FieldNowhere extends JsonPathError {}

/** Objects without the field come first. Throws FieldNowhere, or JsonPathError for a wrong path or values without an order. */
export function sortBy<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): T[] {
  const { expression, segments } = relaxedJsonPath(path);
  const found = items.map((item) => ({ item, value: findResults(segments, objectOf(item))[0]?.[0] }));
  if (items.length > 0 && found.every(({ value }) => value === undefined)) {
    throw new FieldNowhere(`couldn't find any field with path ${JSON.stringify(expression)} in the list of objects`);
  }
  if (items.length < 2) return [...items];
  const keyed = found.map(({ item, value }) => ({ item, key: sortKey(value) }));
  if (keyed.length > fewItems) {
    keyed.sort((a, b) => (isBefore(b.key, a.key) ? 1 : 0) - (isBefore(a.key, b.key) ? 1 : 0));
    return keyed.map(({ item }) => item);
  }
  const sorted: typeof keyed = [];
  for (const entry of keyed) {
    let at = sorted.length;
    while (at > 0 && isBefore(entry.key, sorted[at - 1]?.key)) at--;
    sorted.splice(at, 0, entry);
  }
  return sorted.map(({ item }) => item);
}

/** A text with what it is as a quantity, which is read once. */
type SortKey = { text: string; quantity: Quantity | undefined } | number | bigint | null | undefined;

function sortKey(value: unknown): SortKey {
  if (typeof value === 'string') return { text: value, quantity: parseQuantity(value) };
  if (isNumeric(value) || value === null || value === undefined) return value;
  throw new JsonPathError(`values such as ${goText(value).slice(0, 60)} have no order`);
}

function isBefore(a: SortKey, b: SortKey): boolean {
  if (a === undefined) return true;
  if (b === undefined) return false;
  if (a === null || b === null) return a === null && b !== null;
  if (isNumeric(a) && isNumeric(b)) return a < b;
  if (isNumeric(a) || isNumeric(b)) throw new JsonPathError('texts and numbers have no common order');
  if (a.quantity === undefined || b.quantity === undefined) return a.text < b.text;
  return a.quantity.compare(b.quantity) < 0;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
