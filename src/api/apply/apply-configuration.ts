/**
 * Server-side apply: merges what an applier wants into an object, removes what it wanted last time and nobody else does,
 * and finds what others own. After `structured-merge-diff/merge` and `apimachinery/pkg/util/managedfields`.
 */
import { equalJson } from '../../lib/equal-json.ts';
import type { KubeObject } from '../object.ts';
import type { Conflict } from './conflicts.ts';
import { applyConflict } from './conflicts.ts';
import type { FieldSet } from './field-set.ts';
import { difference, intersection, isEmptySet, NO_FIELDS, union } from './field-set.ts';
import { fieldSetOf } from './field-set-of.ts';
import { KUBECTL, lastAppliedFields } from './last-applied.ts';
import { merge } from './merge.ts';
import { withNamedFields } from './named-fields.ts';
import type { Owner, Owners } from './owners.ts';
import { ownerId, withFields } from './owners.ts';
import { removeFields } from './remove.ts';
import type { Writing } from './track-update.ts';
import { asToday, changeableOf, changesOf, ownable, trackUpdate, withoutOwners } from './track-update.ts';

export interface Application {
  /** What becomes of the object, not yet in the form that is kept; undefined: it stays as it is. */
  object: KubeObject | undefined;
  owners: Owners;
}

interface Applying {
  writing: Writing;
  live: KubeObject;
  /** A document that `checkTyped` has found right. */
  applied: KubeObject;
  owners: Owners;
}

export interface ApplyRequest extends Applying {
  /** Takes over what others own. */
  force: boolean;
  /** An object of the kind with nothing in it: what an object without owners is compared with. */
  empty: KubeObject;
}

const BEFORE_APPLIES = 'before-first-apply';

/** Changes none of its arguments. Throws a 409 `StatusError` for conflicts, unless forced. */
export function applyConfiguration(request: ApplyRequest): Application {
  const { writing, live, applied, force } = request;
  const owners = readyOwners(request);
  const outcome = attempt({ writing, live, applied, owners }, force);
  if (!('conflicts' in outcome)) return outcome;
  const { conflicts } = outcome;
  // what kubectl applied on its own side before is the same user's
  const own = writing.manager === KUBECTL ? lastAppliedFields(live, writing) : undefined;
  if (own === undefined) throw applyConflict(conflicts);
  const left = conflicts
    .map(({ owner, fields }) => ({ owner, fields: difference(fields, own) }))
    .filter(({ fields }) => !isEmptySet(fields));
  if (left.length > 0) throw applyConflict(left);
  const forced = attempt({ writing, live, applied, owners }, true);
  if ('conflicts' in forced) throw applyConflict(forced.conflicts);
  return forced;
}

function readyOwners({ writing, live, owners, empty }: ApplyRequest): Owners {
  if (owners.size > 0) return asToday(owners, writing);
  return trackUpdate({ ...writing, manager: BEFORE_APPLIES }, empty, live, owners);
}

function attempt(
  { writing, live, applied, owners }: Applying,
  force: boolean,
): Application | { conflicts: Conflict[] } {
  const { type, apiVersion, manager, subresource, now } = writing;
  const before = withoutOwners(live);
  const wanted = changeableOf(writing, fieldSetOf(applied, type));
  const identity = { manager, operation: 'Apply', apiVersion, subresource } as const;
  const id = ownerId(identity);
  const last = owners.get(id);
  const next: Owners = new Map(owners);
  next.set(id, { ...identity, time: last?.time, fields: wanted });
  const merged = prune(merge(before, applied, type), next, last, writing) as KubeObject;

  const { added, modified, removed } = changesOf(writing, before, merged);
  const changed = union(modified, added);
  const conflicts: Conflict[] = [];
  for (const [otherId, owner] of owners) {
    if (otherId === id) continue;
    if (owner.apiVersion !== apiVersion) {
      next.delete(otherId);
      continue;
    }
    const contested = intersection(owner.fields, changed);
    if (!isEmptySet(contested)) conflicts.push({ owner, fields: contested });
    const left = difference(owner.fields, union(changed, removed));
    if (isEmptySet(left)) next.delete(otherId);
    else if (left !== owner.fields) next.set(otherId, withFields(owner, left));
  }
  if (conflicts.length > 0 && !force) return { conflicts };

  const unchanged = equalJson(before, merged);
  const own = ownable(wanted);
  if (isEmptySet(own)) next.delete(id);
  else next.set(id, appliedOwner(identity, own, last, unchanged ? last?.time : now));
  return { object: unchanged ? undefined : merged, owners: next };
}

function appliedOwner(
  identity: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>,
  fields: FieldSet,
  last: Owner | undefined,
  time: string | undefined,
): Owner {
  const isSame =
    last !== undefined &&
    last.time === time &&
    last.apiVersion === identity.apiVersion &&
    isEmptySet(difference(fields, last.fields)) &&
    isEmptySet(difference(last.fields, fields));
  return isSame ? last : { ...identity, time, fields };
}

/**
 * Without what the applier named last time and does not name now, unless somebody else owns it. Only members of maps and
 * elements of lists go by this; the applier never had what was there before it.
 */
function prune(merged: unknown, owners: Owners, last: Owner | undefined, { type, apiVersion }: Writing): unknown {
  if (last === undefined || last.apiVersion !== apiVersion || isEmptySet(last.fields)) return merged;
  const lastFields = withNamedFields(last.fields, type);
  const mergedFields = withNamedFields(fieldSetOf(merged, type), type);
  const fieldsOf = (value: unknown) => withNamedFields(fieldSetOf(value, type), type);

  const stripped = removeFields(merged, lastFields, type);
  let owned = NO_FIELDS;
  for (const owner of owners.values()) if (owner.apiVersion === apiVersion) owned = union(owned, owner.fields);
  const kept = union(fieldsOf(stripped), withNamedFields(owned, type));
  const pruned = removeFields(merged, difference(mergedFields, kept), type);

  return removeFields(merged, intersection(difference(mergedFields, fieldsOf(pruned)), lastFields), type);
}
