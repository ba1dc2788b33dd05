/** Which fields one object adds to another, changes in it and lacks; after `structured-merge-diff/typed`. */
import { equalJson } from '../../lib/equal-json.ts';
import { isRecord } from '../../lib/is-record.ts';
import { fieldElement } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { joinNodes, NO_FIELDS, SELF } from './field-set.ts';
import { indexItems } from './list-items.ts';
import type { ListType, MapType, MergeType, SettledType } from './merge-type.ts';
import { settle } from './merge-type.ts';

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

/** Nodes: of a value that is the same, none. */
interface Changes {
  added?: FieldSet | undefined;
  modified?: FieldSet | undefined;
  removed?: FieldSet | undefined;
}

const SAME: Changes = {};
const MODIFIED: Changes = { modified: NO_FIELDS };

/** Both are objects of the type. Throws `Error` for list elements without identity. */
export function compare(before: unknown, after: unknown, type: MergeType): Comparison {
  const { added = NO_FIELDS, modified = NO_FIELDS, removed = NO_FIELDS } = compareValues(before, after, type);
  return { added, modified, removed };
}

function compareValues(before: unknown, after: unknown, type: MergeType): Changes {
  if (before === after) return SAME;
  if (before === undefined) return { added: wholeValue(after, type) };
  if (after === undefined) return { removed: wholeValue(before, type) };
  const was = settle(type, before);
  const is = settle(type, after);
  const changes = compareAs(before, after, was);
  // what has become something else has gone as the one and come as the other
  return was === is ? changes : joinChanges(changes, compareAs(before, after, is));
}

function compareAs(before: unknown, after: unknown, type: SettledType): Changes {
  if (type.kind === 'map') {
    const was = isRecord(before) ? before : {};
    const is = isRecord(after) ? after : {};
    if (!type.atomic && (hasMembers(was) || hasMembers(is))) return compareMaps(was, is, type);
  } else if (type.kind === 'list' && !type.atomic) {
    const was = Array.isArray(before) ? before : [];
    const is = Array.isArray(after) ? after : [];
    if (was.length > 0 || is.length > 0) return compareLists(was, is, type);
  }
  return equalJson(before, after) ? SAME : MODIFIED;
}

function hasMembers(map: Record<string, unknown>): boolean {
  for (const _ in map) return true;
  return false;
}

class Gathered implements Changes {
  added: Record<string, FieldSet> | undefined;
  modified: Record<string, FieldSet> | undefined;
  removed: Record<string, FieldSet> | undefined;

  put(element: string, { added, modified, removed }: Changes): void {
    if (added !== undefined) {
      this.added ??= {};
      this.added[element] = added;
    }
    if (modified !== undefined) {
      this.modified ??= {};
      this.modified[element] = modified;
    }
    if (removed !== undefined) {
      this.removed ??= {};
      this.removed[element] = removed;
    }
  }
}

function compareMaps(before: Record<string, unknown>, after: Record<string, unknown>, type: MapType): Changes {
  const gathered = new Gathered();
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    const changes = compareValues(old, value, memberType(type, name));
    if (changes !== SAME) gathered.put(fieldElement(name), changes);
  }
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined || (Object.hasOwn(after, name) && after[name] !== undefined)) continue;
    gathered.put(fieldElement(name), { removed: wholeValue(value, memberType(type, name)) });
  }
  return gathered;
}

function compareLists(before: unknown[], after: unknown[], type: ListType): Changes {
  const gathered = new Gathered();
  const old = indexItems(before, type);
  const current = indexItems(after, type);
  for (const element of new Set([...old.keys(), ...current.keys()])) {
    gathered.put(element, compareItems(old.get(element) ?? [], current.get(element) ?? [], type.of));
  }
  return gathered;
}

/** Elements of one identity. Where there are several, they count as one leaf. */
function compareItems(before: readonly unknown[], after: readonly unknown[], of: MergeType): Changes {
  const [was] = before;
  const [is] = after;
  if (before.length < 2 && after.length < 2) return compareValues(was, is, of);
  if (before.length > 1 && after.length > 1) return equalJson(before, after) ? SAME : MODIFIED;
  if (before.length > 1) return { removed: NO_FIELDS, ...(is === undefined ? {} : { added: wholeValue(is, of) }) };
  return { added: NO_FIELDS, ...(was === undefined ? {} : { removed: wholeValue(was, of) }) };
}

/** Everything that a value has which is not there at all on the other side: the node of the value itself. */
function wholeValue(value: unknown, type: MergeType): FieldSet {
  const settled = settle(type, value);
  if (settled.kind === 'leaf' || settled.atomic) return NO_FIELDS;
  const result: Record<string, FieldSet> = {};
  let any = false;
  if (settled.kind === 'map') {
    if (!isRecord(value)) return NO_FIELDS;
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      if (!any) result[SELF] = NO_FIELDS;
      any = true;
      result[fieldElement(name)] = wholeValue(member, memberType(settled, name));
    }
  } else {
    if (!Array.isArray(value)) return NO_FIELDS;
    for (const [element, items] of indexItems(value, settled)) {
      if (!any) result[SELF] = NO_FIELDS;
      any = true;
      result[element] = items.length > 1 ? NO_FIELDS : wholeValue(items[0], settled.of);
    }
  }
  return any ? result : NO_FIELDS;
}

const UNKNOWN: MergeType = { kind: 'any', atomic: true };

/** Members that the type has no place for were refused before; what is stored all the same is taken as it is. */
export function memberType({ fields, of }: MapType, name: string): MergeType {
  return fields.get(name) ?? of ?? UNKNOWN;
}

function joinChanges(a: Changes, b: Changes): Changes {
  return {
    added: joinMaybe(a.added, b.added),
    modified: joinMaybe(a.modified, b.modified),
    removed: joinMaybe(a.removed, b.removed),
  };
}

function joinMaybe(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return joinNodes(a, b);
}
