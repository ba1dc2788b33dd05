/** Merges what is applied into what is there; after `structured-merge-diff/typed`. Nothing is removed by it. */
import { isRecord } from '../../lib/is-record.ts';
import { setOwn } from '../patch/directives.ts';
import { memberType } from './compare.ts';
import { itemElement } from './list-items.ts';
import type { ListType, MapType, MergeType, SettledType } from './merge-type.ts';
import { settle } from './merge-type.ts';

/** Where both have a leaf, the second one's stays. Shares what it can with its arguments, and changes neither. */
export function merge(live: unknown, applied: unknown, type: MergeType): unknown {
  if (applied === undefined) return live;
  return mergeAs(live, applied, settle(type, applied ?? live));
}

function mergeAs(live: unknown, applied: unknown, type: SettledType): unknown {
  if (type.kind === 'map' && !type.atomic) {
    const was = isRecord(live) ? live : {};
    const is = isRecord(applied) ? applied : {};
    if (Object.keys(was).length > 0 || Object.keys(is).length > 0) return mergeMaps(was, is, type);
  } else if (type.kind === 'list' && !type.atomic) {
    const was = Array.isArray(live) ? live : [];
    const is = Array.isArray(applied) ? applied : [];
    if (was.length > 0 || is.length > 0) return mergeLists(was, is, type);
  }
  return applied;
}

function mergeMaps(live: Record<string, unknown>, applied: Record<string, unknown>, type: MapType): unknown {
  const result = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const old = Object.hasOwn(live, name) ? live[name] : undefined;
    const merged = merge(old, value, memberType(type, name));
    if (merged === undefined) delete result[name];
    else setOwn(result, name, merged);
  }
  return result;
}

interface Item {
  element: string;
  value: unknown;
}

/**
 * The order is the applied list's; what only the live one has stays between the neighbours that it had. Of elements that
 * stand more than once in the live list, those that are applied are replaced by one.
 */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], type: ListType): unknown[] {
  const was = live.map((value): Item => ({ element: itemElement(value, type), value }));
  const is = applied.map((value): Item => ({ element: itemElement(value, type), value }));
  const liveValues = singleValues(was);
  const wanted = new Set(is.map(({ element }) => element));
  const shared = is.filter(({ element }) => liveValues.has(element)).map(({ element }) => element);
  const done = new Set<string>();
  const result: unknown[] = [];
  let nextShared = 0;
  const take = ({ element, value }: Item) => {
    done.add(element);
    const merged = merge(liveValues.get(element), value, type.of);
    if (merged !== undefined) result.push(merged);
    if (shared[nextShared] === element) nextShared += 1;
  };
  let left = 0;
  let right = 0;
  while (left < was.length || right < is.length) {
    const old = was[left];
    const item = is[right];
    const next = shared[nextShared];
    if (old !== undefined && item !== undefined && old.element === item.element) {
      take(item);
      left += 1;
      right += 1;
    } else if (old !== undefined && !wanted.has(old.element)) {
      result.push(old.value);
      left += 1;
    } else if (old !== undefined && item !== undefined && next !== undefined && old.element !== next) {
      // its turn comes, or came, in the applied list
      left += 1;
    } else {
      if (old !== undefined && done.has(old.element)) left += 1;
      if (item === undefined) continue;
      take(item);
      right += 1;
    }
  }
  return result;
}

/** Values by element; undefined for elements that stand more than once. */
function singleValues(items: readonly Item[]): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { element, value } of items) values.set(element, values.has(element) ? undefined : value);
  return values;
}
