/** Adjusts sets of fields to the types of a kind. */
import { fieldName, isKeyElement } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { asMember, isEmptySet, isMember, NO_FIELDS, SELF } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { settle } from './merge-type.ts';

/** The set with every struct field on the way to its fields: `a.b.c` then also has `a`, but not `a.b` if that is a map's. */
export function withNamedFields(set: FieldSet, type: MergeType | undefined): FieldSet {
  const settled = type === undefined ? undefined : settle(type, type.kind === 'list' ? [] : {});
  const result: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(set)) {
    if (element === SELF || isEmptySet(node)) {
      result[element] = node;
      continue;
    }
    const name = fieldName(element);
    const named = name !== undefined && settled?.kind === 'map' && settled.fields.has(name);
    const below = withNamedFields(node, typeBelow(settled, element));
    result[element] = named ? asMember(below) : below;
  }
  return result;
}

/** The set as it would have been written with today's types: what is one leaf now is owned as a whole. */
export function collapseLeaves(set: FieldSet, type: MergeType): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const [element, node] of Object.entries(set)) {
    if (element === SELF || isEmptySet(node)) continue;
    const below = typeBelow(settle(type, type.kind === 'list' ? [] : {}), element);
    if (below === undefined || below.kind === 'any') continue;
    const collapsed = below.kind !== 'leaf' && below.atomic ? NO_FIELDS : collapseLeaves(node, below);
    if (collapsed === node) continue;
    result ??= { ...set };
    result[element] = isMember(node) ? asMember(collapsed) : collapsed;
  }
  return result ?? set;
}

function typeBelow(type: MergeType | undefined, element: string): MergeType | undefined {
  const name = fieldName(element);
  if (type?.kind === 'map' && name !== undefined) return type.fields.get(name) ?? type.of;
  return type?.kind === 'list' && isKeyElement(element) ? type.of : undefined;
}
