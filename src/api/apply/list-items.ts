/** Tells the elements of a list apart. */
import { isRecord } from '../../lib/is-record.ts';
import { keyElement, valueElement } from './field-element.ts';
import type { ListType } from './merge-type.ts';

/** The path element of a list's element. Throws `Error` for one that has no identity. */
export function itemElement(item: unknown, { keys }: ListType): string {
  if (keys.length === 0) {
    if (Array.isArray(item)) throw new Error('not supported: associative list with lists as elements');
    if (item === null) throw new Error("associative list without keys has an element that's an explicit null");
    if (typeof item === 'object') throw new Error("associative list without keys has an element that's a map type");
    return valueElement(item);
  }
  if (item === null) throw new Error('associative list with keys may not have a null element');
  if (!isRecord(item)) throw new Error('associative list with keys may not have non-map elements');
  const entries: [string, unknown][] = [];
  for (const { name, default: fallback } of keys) {
    const value = Object.hasOwn(item, name) ? item[name] : fallback;
    if (value !== undefined) entries.push([name, value]);
  }
  if (entries.length === 0) {
    const names = keys.map(({ name }) => JSON.stringify(name)).join(' ');
    throw new Error(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(entries);
}

/** Elements by identity, in the order of the list; more than one of the same identity are kept side by side. */
export function indexItems(list: readonly unknown[], type: ListType): Map<string, unknown[]> {
  const index = new Map<string, unknown[]>();
  for (const item of list) {
    const element = itemElement(item, type);
    const known = index.get(element);
    if (known === undefined) index.set(element, [item]);
    else known.push(item);
  }
  return index;
}
