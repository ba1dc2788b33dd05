/** Who owns what after a create, an update or a patch; after `apimachinery/pkg/util/managedfields`. */
import type { KubeObject } from '../object.ts';
import type { Comparison } from './compare.ts';
import { compare } from './compare.ts';
import { compareText, fieldElement, fieldName } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { difference, isEmptySet, NO_FIELDS, union } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { collapseLeaves } from './named-fields.ts';
import type { Owner, Owners } from './owners.ts';
import { ownerId, secondsOf, withFields } from './owners.ts';

/** One write, and what is known of its object. */
export interface Writing {
  manager: string;
  apiVersion: string;
  /** '' for the object itself. */
  subresource: string;
  type: MergeType;
  /** RFC 3339 in whole seconds, UTC. */
  now: string;
  /** Whether the write can change this member of the object: a status it cannot, or nothing else. */
  changeable(name: string): boolean;
  /** Members of metadata that it cannot change either. */
  keeps?: readonly string[];
}

/** What nobody owns: it is the server's, or the object's identity. */
const UNOWNED: FieldSet = {
  'f:apiVersion': NO_FIELDS,
  'f:kind': NO_FIELDS,
  'f:metadata': {
    '.': NO_FIELDS,
    'f:name': NO_FIELDS,
    'f:namespace': NO_FIELDS,
    'f:creationTimestamp': NO_FIELDS,
    'f:selfLink': NO_FIELDS,
    'f:uid': NO_FIELDS,
    'f:clusterName': NO_FIELDS,
    'f:generation': NO_FIELDS,
    'f:managedFields': NO_FIELDS,
    'f:resourceVersion': NO_FIELDS,
  },
};

export function ownable(fields: FieldSet): FieldSet {
  return difference(fields, UNOWNED);
}

/** The object without managedFields, which say nothing of themselves. */
export function withoutOwners(object: KubeObject): KubeObject {
  const { managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What the write changes of what it can change. The rest of the objects is not even looked at: it may be large. */
export function changesOf(
  { type, changeable, keeps = [] }: Writing,
  before: KubeObject,
  after: KubeObject,
): Comparison {
  const part = (object: KubeObject) => {
    const { metadata, ...rest } = withoutOwners(object);
    const open = Object.entries(metadata).filter(([name]) => !keeps.includes(name));
    const whole = { ...rest, metadata: Object.fromEntries(open) };
    return Object.fromEntries(Object.entries(whole).filter(([name]) => changeable(name)));
  };
  return compare(part(before), part(after), type);
}

/** Of a set, what the write can change. */
export function changeableOf({ changeable, keeps = [] }: Writing, fields: FieldSet): FieldSet {
  const some = Object.fromEntries(Object.entries(fields).filter(([element]) => changeable(fieldName(element) ?? '')));
  if (keeps.length === 0) return some;
  const kept = Object.fromEntries(keeps.map((name) => [fieldElement(name), NO_FIELDS]));
  return difference(some, { 'f:metadata': kept });
}

/**
 * The owners after a write: it takes what it sets from whoever had it, and what it removes is nobody's. The argument stays
 * as it is.
 */
export function trackUpdate(writing: Writing, before: KubeObject, after: KubeObject, owners: Owners): Owners {
  const { added, modified, removed } = changesOf(writing, before, after);
  const set = union(modified, added);
  if (isEmptySet(set) && isEmptySet(removed)) return owners;
  const next = takeFrom(owners, union(set, removed), writing.apiVersion);
  const own = ownable(set);
  if (!isEmptySet(own)) {
    const { manager, apiVersion, subresource, now: time } = writing;
    const identity = {
      manager: manager === '' ? 'unknown' : manager,
      operation: 'Update',
      apiVersion,
      subresource,
    } as const;
    const id = ownerId(identity);
    next.set(id, { ...identity, time, fields: union(own, next.get(id)?.fields ?? NO_FIELDS) });
  }
  return capUpdaters(next);
}

/** Without the fields, and without those who then have none, or whose version is not served any more. */
function takeFrom(owners: Owners, fields: FieldSet, apiVersion: string): Owners {
  const next: Owners = new Map();
  for (const [id, owner] of owners) {
    if (owner.apiVersion !== apiVersion) continue;
    const left = difference(owner.fields, fields);
    if (left === owner.fields) next.set(id, owner);
    else if (!isEmptySet(left)) next.set(id, withFields(owner, left));
  }
  return next;
}

/** The owners as they would have been told with the types of today. */
export function asToday(owners: Owners, { apiVersion, type }: Writing): Owners {
  return new Map(
    [...owners].map(([id, owner]) => {
      const fields = owner.apiVersion === apiVersion ? collapseLeaves(owner.fields, type) : owner.fields;
      return [id, fields === owner.fields ? owner : withFields(owner, fields)];
    }),
  );
}

const MOST_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** Of too many updaters the oldest are made one. In place. */
function capUpdaters(owners: Owners): Owners {
  if (owners.size <= MOST_UPDATERS) return owners;
  const updaters = [...owners].filter(([, { operation }]) => operation === 'Update');
  let surplus = updaters.length - MOST_UPDATERS;
  if (surplus <= 0) return owners;
  updaters.sort(([id, a], [otherId, b]) => secondsOf(a) - secondsOf(b) || compareText(id, otherId));
  const first = new Map<string, [string, Owner]>();
  for (const [id, owner] of updaters) {
    if (surplus === 0) break;
    const { apiVersion } = owner;
    const begun = first.get(apiVersion);
    if (begun === undefined) {
      first.set(apiVersion, [id, owner]);
      continue;
    }
    const identity = { manager: ANCIENT, operation: 'Update', apiVersion, subresource: '' } as const;
    const bucket = ownerId(identity);
    const [firstId, oldest] = begun;
    let known = owners.get(bucket);
    if (known === undefined) {
      known = oldest;
      owners.delete(firstId);
    }
    owners.delete(id);
    owners.set(bucket, { ...identity, time: owner.time, fields: union(owner.fields, known.fields) });
    surplus -= 1;
  }
  return owners;
}
