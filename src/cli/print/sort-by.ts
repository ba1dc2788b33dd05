/** `--sort-by`: objects in the order of one of their fields, with kubectl's rules. */
import { parseQuantity, type Quantity } from '../../api/quantity/quantity.ts';
import { goText } from './go-text.ts';
import { findResults } from './jsonpath/find.ts';
import { relaxedJsonPath } from './jsonpath/relaxed.ts';
import { JsonPathError } from './jsonpath/template.ts';

/** Go sorts so many by insertion, and the order of those without the field follows from it. */
const fewItems = 12;

/** Objects without the field come first. Throws JsonPathError where no object has it, or its values have no order. */
export function sortBy<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): T[] {
  const { expression, segments } = relaxedJsonPath(path);
  const keyed = items.map((item) => ({ item, key: sortKey(findResults(segments, objectOf(item))[0]?.[0]) }));
  if (items.length > 0 && keyed.every(({ key }) => key === undefined)) {
    throw new JsonPathError(`couldn't find any field with path ${JSON.stringify(expression)} in the list of objects`);
  }
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
