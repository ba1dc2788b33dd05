/** The order of merged lists: the patch's order first, the stored order where the patch says nothing. */
import { badPatch, describeType, directive, isObject } from './directives.ts';

/** What an element is known by: its merge key's value, or the element itself in a list of scalars. */
export type Identity = (element: unknown) => unknown;

export function identityBy(mergeKey: string | undefined): Identity {
  if (mergeKey === undefined) return (element) => element;
  return (element) => {
    if (!isObject(element)) throw badPatch(`an element of a list merged by ${mergeKey} is a ${describeType(element)}`);
    const value = element[mergeKey];
    if (value === undefined) throw badPatch(`an element of a list lacks its merge key ${mergeKey}`);
    return value;
  };
}

function positions(list: readonly unknown[], identity: Identity): Map<unknown, number> {
  const found = new Map<unknown, number>();
  for (const [at, element] of list.entries()) {
    const id = identity(element);
    if (!found.has(id)) found.set(id, at);
  }
  return found;
}

function isDeletion(element: unknown): boolean {
  return isObject(element) && element[directive.patch] === 'delete';
}

/** Stable; what the order does not name stays before what follows it, and deletions go last. */
function sortBy(list: readonly unknown[], order: Map<unknown, number>, identity: Identity): unknown[] {
  const kept = list.filter((element) => !isDeletion(element));
  kept.sort((a, b) => {
    const left = order.get(identity(a));
    const right = order.get(identity(b));
    return left === undefined || right === undefined ? 0 : left - right;
  });
  return [...kept, ...list.filter(isDeletion)];
}

/**
 * The elements of `merged` in their order: those that `wanted` names as it orders them, the others as `stored` does, and
 * both interleaved by their stored places as far as that keeps either order.
 */
export function orderElements(
  merged: readonly unknown[],
  wanted: readonly unknown[],
  stored: readonly unknown[],
  identity: Identity,
): unknown[] {
  const wantedAt = positions(wanted, identity);
  const storedAt = positions(stored, identity);
  const named = sortBy(
    merged.filter((element) => wantedAt.has(identity(element))),
    wantedAt,
    identity,
  );
  const others = sortBy(
    merged.filter((element) => !wantedAt.has(identity(element))),
    storedAt,
    identity,
  );
  const result: unknown[] = [];
  let next = 0;
  for (const element of named) {
    const at = storedAt.get(identity(element));
    while (next < others.length) {
      const otherAt = storedAt.get(identity(others[next]));
      if (at === undefined || otherAt === undefined || otherAt >= at) break;
      result.push(others[next++]);
    }
    result.push(element);
  }
  return [...result, ...others.slice(next)];
}

/** Throws when the patch's list orders its elements otherwise than `$setElementOrder`, or has some that it lacks. */
export function checkElementOrder(list: readonly unknown[], order: readonly unknown[], identity: Identity): void {
  if (list.length === 0 || order.length === 0) return;
  const kept = list.filter((element) => !(isObject(element) && Object.hasOwn(element, directive.patch)));
  let at = 0;
  for (const element of order) {
    if (at < kept.length && identity(kept[at]) === identity(element)) at++;
  }
  if (at < kept.length) throw badPatch("a list's order does not match its $setElementOrder list");
}
