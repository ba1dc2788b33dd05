/** What a manager has applied, as the document that it would apply to keep it; after `managedfields/extract.go`. */
import { isRecord } from '../../lib/is-record.ts';
import { setOwn } from '../patch/directives.ts';
import { memberType } from './compare.ts';
import { fieldElement, keyNames } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { intersection, isEmptySet, isMember, NO_FIELDS, SELF, union } from './field-set.ts';
import { fieldSetOf } from './field-set-of.ts';
import { itemElement } from './list-items.ts';
import type { ListType, MapType, MergeType } from './merge-type.ts';
import { settle } from './merge-type.ts';

/** The value's fields that are in the set, with the keys of the list elements that they are in; null for none. */
export function extractFields(value: unknown, set: FieldSet, type: MergeType): unknown {
  const leaves = leavesOf(set);
  return extract(value, withKeys(leaves, fieldSetOf(value, type)), type);
}

/** Fields with others below them are there by those. */
function leavesOf(set: FieldSet): FieldSet {
  const { [SELF]: _self, ...below } = set;
  return Object.fromEntries(Object.entries(below).map(([element, node]) => [element, leavesOf(node)]));
}

function withKeys(set: FieldSet, present: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(set)) {
    const there = present[element] ?? NO_FIELDS;
    const below = withKeys(node, there);
    const isThere = !isEmptySet(intersection({ [element]: node }, { [element]: there }));
    const keys = isThere && element in present ? keyNames(element) : [];
    const named = Object.fromEntries(keys.map((name) => [fieldElement(name), NO_FIELDS]));
    const self = keys.length > 0 && isEmptySet(node) ? { [SELF]: NO_FIELDS } : {};
    result[element] = { ...self, ...union(below, named) };
  }
  return result;
}

function extract(value: unknown, set: FieldSet, type: MergeType): unknown {
  const settled = settle(type, value);
  if (settled.kind === 'leaf' || settled.atomic) return value;
  if (settled.kind === 'map') {
    if (!isRecord(value) || Object.keys(value).length === 0) return value;
    return extractMembers(value, set, settled);
  }
  return !Array.isArray(value) || value.length === 0 ? value : extractItems(value, set, settled);
}

function extractMembers(map: Record<string, unknown>, set: FieldSet, type: MapType): unknown {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(map)) {
    const node = set[fieldElement(name)];
    if (node === undefined) continue;
    // of a field that has something below it now the applier has nothing: upstream looks for the names beside it
    setOwn(result, name, extract(value, isMember(node) ? set : node, memberType(type, name)));
  }
  return Object.keys(result).length === 0 ? null : result;
}

function extractItems(list: readonly unknown[], set: FieldSet, type: ListType): unknown {
  const result = list.flatMap((item) => {
    const node = set[itemElement(item, type)];
    if (node === undefined) return [];
    return [isEmptySet(node) ? item : extract(item, node, type.of)];
  });
  return result.length === 0 ? null : result;
}
