/** Removes members of maps and elements of lists from a value; after `structured-merge-diff/typed`. */
import { isRecord } from '../../lib/is-record.ts';
import { setOwn } from '../patch/directives.ts';
import { memberType } from './compare.ts';
import { fieldElement } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { isMember } from './field-set.ts';
import { itemElement } from './list-items.ts';
import type { ListType, MapType, MergeType } from './merge-type.ts';
import { settle } from './merge-type.ts';

/** The value without the fields of the set; null where nothing of a map or list is left. */
export function removeFields(value: unknown, set: FieldSet, type: MergeType): unknown {
  const settled = settle(type, value);
  if (settled.kind === 'leaf') return value;
  if (settled.atomic) return null;
  if (settled.kind === 'map') return isRecord(value) ? removeMembers(value, set, settled) : null;
  return Array.isArray(value) ? removeItems(value, set, settled) : null;
}

function removeMembers(map: Record<string, unknown>, set: FieldSet, type: MapType): unknown {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(map)) {
    const node = set[fieldElement(name)];
    if (node === undefined) setOwn(result, name, value);
    else if (!isMember(node)) setOwn(result, name, removeFields(value, node, memberType(type, name)));
  }
  return Object.keys(result).length === 0 ? null : result;
}

function removeItems(list: readonly unknown[], set: FieldSet, type: ListType): unknown {
  const result = list.flatMap((item) => {
    const node = set[itemElement(item, type)];
    if (node === undefined) return [item];
    return isMember(node) ? [] : [removeFields(item, node, type.of)];
  });
  return result.length === 0 ? null : result;
}
