/** Merges lists whose patch strategy is merge: objects by their merge key, scalars as sets. */
import type { JsonObject } from './directives.ts';
import { badPatch, describeType, directive, isObject } from './directives.ts';
import { identityBy, orderElements } from './element-order.ts';

/** Merges one element of a list with its patch. */
export type MergeElement = (original: JsonObject, patch: JsonObject) => JsonObject;

/** All elements must be objects, or all of one scalar type. */
function areObjects(original: readonly unknown[], patch: readonly unknown[]): boolean {
  const types = new Set([...original, ...patch].map(describeType));
  if (types.has('list')) throw badPatch('lists of lists are not supported');
  if (types.size > 1) throw badPatch(`the elements of a list are of different types: ${[...types].join(', ')}`);
  return types.has('object');
}

/** Sorts out `$patch` elements: the list to merge into, and the patch's plain elements. */
function applyDirectives(original: readonly unknown[], patch: readonly JsonObject[], mergeKey: string) {
  const identity = identityBy(mergeKey);
  const deleted = new Set<unknown>();
  const plain: JsonObject[] = [];
  let replace = false;
  for (const element of patch) {
    const kind = element[directive.patch];
    if (!Object.hasOwn(element, directive.patch)) plain.push(element);
    else if (kind === 'delete') deleted.add(identity(element));
    else if (kind === 'replace') replace = true;
    else throw badPatch(`unknown $patch ${JSON.stringify(kind)} in a list`);
  }
  if (replace) return { base: plain, plain: [] };
  return { base: original.filter((element) => !deleted.has(isObject(element) ? element[mergeKey] : element)), plain };
}

function mergeObjects(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
  mergeElement: MergeElement,
): unknown[] {
  const identity = identityBy(mergeKey);
  const { base, plain } = applyDirectives(original, patch as JsonObject[], mergeKey);
  const merged: unknown[] = [...base];
  for (const element of plain) {
    const id = identity(element);
    const at = merged.findIndex((candidate) => isObject(candidate) && candidate[mergeKey] === id);
    const found = merged[at];
    if (isObject(found)) merged[at] = mergeElement(found, element);
    else merged.push(element);
  }
  return orderElements(merged, plain, base, identity);
}

/** The merged list, ordered as the patch has it. `mergeKey` is absent for lists of scalars. */
export function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string | undefined,
  mergeElement: MergeElement,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  if (!areObjects(original, patch)) {
    return orderElements([...new Set([...original, ...patch])], patch, original, identityBy(undefined));
  }
  if (mergeKey === undefined) throw badPatch('a list of objects without merge key cannot be merged');
  return mergeObjects(original, patch, mergeKey, mergeElement);
}
