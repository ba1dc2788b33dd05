/** The fields that a document names: what its applier will own. After `structured-merge-diff/typed`. */
import { isRecord } from '../../lib/is-record.ts';
import { memberType } from './compare.ts';
import { fieldElement } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { asMember, NO_FIELDS } from './field-set.ts';
import { indexItems } from './list-items.ts';
import type { ListType, MapType, MergeType } from './merge-type.ts';
import { settle } from './merge-type.ts';

/**
 * Leaves, members of maps and elements of lists; structs only where they are empty. Of a document that `checkTyped`
 * has found right.
 */
export function fieldSetOf(value: unknown, type: MergeType): FieldSet {
  return nodeOf(value, type) ?? NO_FIELDS;
}

/** Undefined: neither the value nor anything below it is a field by itself. */
function nodeOf(value: unknown, type: MergeType): FieldSet | undefined {
  const settled = settle(type, value);
  if (settled.kind === 'leaf' || settled.atomic) return NO_FIELDS;
  if (settled.kind === 'map') return isRecord(value) ? nodeOfMap(value, settled) : undefined;
  return Array.isArray(value) ? nodeOfList(value, settled) : undefined;
}

function nodeOfMap(map: Record<string, unknown>, type: MapType): FieldSet | undefined {
  const result: Record<string, FieldSet> = {};
  let any = false;
  for (const [name, value] of Object.entries(map)) {
    if (value === undefined) continue;
    const node = nodeOf(value, memberType(type, name));
    const isBare = value === null || (isRecord(value) && Object.keys(value).length === 0);
    const member = isBare || !type.fields.has(name) ? asMember(node) : node;
    if (member === undefined) continue;
    result[fieldElement(name)] = member;
    any = true;
  }
  return any ? result : undefined;
}

function nodeOfList(list: readonly unknown[], type: ListType): FieldSet | undefined {
  const result: Record<string, FieldSet> = {};
  let any = false;
  for (const [element, items] of indexItems(list, type)) {
    result[element] = items.length > 1 ? NO_FIELDS : asMember(nodeOf(items[0], type.of));
    any = true;
  }
  return any ? result : undefined;
}
