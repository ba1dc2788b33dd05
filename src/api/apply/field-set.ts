/**
 * Sets of fields in the form of FieldsV1 itself. A node without members is a field of the set; one with members is a
 * field of the set too if `.` is among them. The root is never one. Sets are not changed once made, and what an operation
 * leaves as it was is passed on as it is: most managers' sets are untouched by most writes.
 */
import { isRecord } from '../../lib/is-record.ts';
import type { FieldsV1 } from '../object.ts';
import { canonicalElement, sortElements } from './field-element.ts';

export type FieldSet = FieldsV1;

type Draft = Record<string, FieldSet>;

export const SELF = '.';
export const NO_FIELDS: FieldSet = Object.freeze({});

/** Deeper than any object may be. */
const DEPTH_LIMIT = 500;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the node itself is a field of the set. */
export function isMember(node: FieldSet): boolean {
  return SELF in node || isEmptySet(node);
}

/** The node as a field of the set, whatever it has below; undefined stands for nothing at all. */
export function asMember(node: FieldSet | undefined): FieldSet {
  if (node === undefined) return NO_FIELDS;
  return isMember(node) ? node : { [SELF]: NO_FIELDS, ...node };
}

/** All there is in either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  return isEmptySet(a) ? b : join(a, b);
}

function join(a: FieldSet, b: FieldSet): FieldSet {
  const result: Draft = { ...a };
  for (const [element, node] of Object.entries(b)) {
    const own = a[element];
    result[element] = own === undefined || own === node ? node : joinNodes(own, node);
  }
  return result;
}

/** What two say of the same value; both are nodes, so an empty one is a field. */
export function joinNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return asMember(b);
  return isEmptySet(b) ? asMember(a) : join(a, b);
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: Draft = {};
  for (const [element, node] of Object.entries(a)) {
    const other = b[element];
    if (element === SELF || other === undefined) continue;
    const common = intersection(node, other);
    const both = isMember(node) && isMember(other);
    if (both) result[element] = isEmptySet(common) ? NO_FIELDS : asMember(common);
    else if (!isEmptySet(common)) result[element] = common;
  }
  return result;
}

/** `a` without the fields of `b`. What lies below a field of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  let changed = false;
  const result: Draft = {};
  for (const [element, node] of Object.entries(a)) {
    const other = b[element];
    const left = element === SELF || other === undefined ? node : differenceOfNodes(node, other);
    if (left !== node) changed = true;
    if (left !== undefined) result[element] = left;
  }
  return changed ? result : a;
}

/** Undefined when nothing is left. */
function differenceOfNodes(node: FieldSet, other: FieldSet): FieldSet | undefined {
  const taken = isMember(other);
  if (isEmptySet(node)) return taken ? undefined : node;
  const left = difference(node, other);
  const member = SELF in node;
  if (left === node && !(member && taken)) return node;
  const { [SELF]: _self, ...below } = left;
  if (!member || taken) return isEmptySet(below) ? undefined : below;
  return isEmptySet(below) ? NO_FIELDS : left;
}

/** Whether the field at the path is in the set. The empty path, the object itself, never is. */
export function hasField(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) {
    node = node[element];
    if (node === undefined) return false;
  }
  return path.length > 0 && isMember(node);
}

/** The paths of all fields: those of a level before what lies deeper, each in the order of writing. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const elements = elementsOf(set);
  for (const element of elements) if (isMember(set[element] ?? NO_FIELDS)) yield [...prefix, element];
  for (const element of elements) yield* pathsOf(set[element] ?? NO_FIELDS, [...prefix, element]);
}

function elementsOf(set: FieldSet): string[] {
  return sortElements(Object.keys(set).filter((element) => element !== SELF));
}

/** The set with its elements in the order of writing. */
export function sorted(set: FieldSet): FieldSet {
  const result: Draft = {};
  if (SELF in set) result[SELF] = NO_FIELDS;
  for (const element of elementsOf(set)) result[element] = sorted(set[element] ?? NO_FIELDS);
  return result;
}

/** Reads what somebody else wrote. Throws `Error` for what is no FieldsV1. */
export function parseFieldSet(value: unknown): FieldSet {
  const { [SELF]: _self, ...set } = parseNode(value, 0);
  return set;
}

function parseNode(value: unknown, depth: number): FieldSet {
  if (!isRecord(value)) throw new Error('a set of fields is an object of objects');
  if (depth > DEPTH_LIMIT) throw new Error(`a set of fields is more than ${DEPTH_LIMIT} levels deep`);
  const result: Draft = {};
  for (const [text, below] of Object.entries(value)) {
    if (text === SELF) {
      result[SELF] = NO_FIELDS;
      continue;
    }
    const element = canonicalElement(text);
    if (element === undefined) continue;
    const node = parseNode(below, depth + 1);
    const known = result[element];
    result[element] = known === undefined ? node : joinNodes(known, node);
  }
  const { [SELF]: self, ...below } = result;
  return self !== undefined && isEmptySet(below) ? NO_FIELDS : result;
}
