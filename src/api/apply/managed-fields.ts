/**
 * `metadata.managedFields` through every write: the one door of this folder. Behaves as
 * `apimachinery/pkg/util/managedfields` does on a server; `vectors.json` holds that code's own results.
 */
import { equalJson } from '../../lib/equal-json.ts';
import type { GroupVersionKind } from '../group-version.ts';
import { formatApiVersion, parseApiVersion } from '../group-version.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import { badRequest } from '../status.ts';
import { applyConfiguration, asToday } from './apply-configuration.ts';
import { checkTyped } from './check-typed.ts';
import { KUBECTL, updateLastApplied } from './last-applied.ts';
import type { Owners } from './owners.ts';
import { readOwners, readStoredOwners, writeOwners } from './owners.ts';
import type { Writing } from './track-update.ts';
import { trackUpdate, withoutOwners } from './track-update.ts';

export type { Writing } from './track-update.ts';

/**
 * The managedFields of `next` after a create, an update or a patch that is no apply; `live` is the object before it, an
 * empty one for a create. What `next` says of managedFields itself counts, but for subresources. Undefined: none are kept.
 */
export function trackWrite(writing: Writing, live: KubeObject, next: KubeObject): ManagedFieldsEntry[] | undefined {
  const owners = writing.subresource === '' ? ownersFor(writing, live, next) : ownersOf(live);
  // what had no owners when tracking began gets none before its first apply
  if (owners.size === 0 && (live.metadata.uid ?? '') !== '') return undefined;
  return writeOwners(trackUpdate(writing, live, next, owners));
}

function ownersOf({ metadata }: KubeObject): Owners {
  return readStoredOwners(metadata.managedFields ?? []);
}

function ownersFor(writing: Writing, live: KubeObject, { metadata: { managedFields: given } }: KubeObject): Owners {
  const stored = live.metadata.managedFields ?? [];
  if (given === undefined || equalJson(given, stored)) return ownersOf(live);
  if (isReset(given)) return new Map();
  try {
    const owners = readOwners(given);
    if (owners.size > 0) return asToday(owners, writing);
  } catch {
    // what cannot be read is not there: clients that do not know managedFields must not lose them
  }
  return ownersOf(live);
}

/** An empty list, or one empty entry, takes all owners away. */
function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  const [first] = entries;
  return first === undefined || (entries.length === 1 && Object.keys(first).length === 0);
}

export interface ApplyDocument {
  writing: Writing;
  kind: GroupVersionKind;
  /** What is stored; an empty object where there is none. */
  live: KubeObject;
  /** As it was sent. */
  applied: KubeObject;
  force: boolean;
  empty: KubeObject;
}

/**
 * What an apply makes of the live object, with its managedFields: not yet in the form that is kept. Changes none of its
 * arguments. Throws `StatusError`: 400 for a document that is not of the kind, 409 for conflicts.
 */
export function applyDocument({ writing, kind, live, applied, force, empty }: ApplyDocument): KubeObject {
  checkApplied(applied, writing, kind, live);
  const owners = ownersOf(live);
  const { object, owners: next } = applyConfiguration({ writing, live, applied, owners, force, empty });
  const result = object ?? withoutOwners(live);
  const managedFields = writeOwners(next);
  const made = {
    ...result,
    metadata: { ...result.metadata, ...(managedFields === undefined ? {} : { managedFields }) },
  };
  if (writing.manager === KUBECTL) updateLastApplied(made, applied);
  return made;
}

function checkApplied(applied: KubeObject, { type }: Writing, kind: GroupVersionKind, live: KubeObject): void {
  const given = parseApiVersion(applied.apiVersion ?? '');
  const shown = `${given?.group ?? ''}/${given?.version ?? ''}, Kind=${applied.kind ?? ''}`;
  if (applied.apiVersion !== formatApiVersion(kind) || applied.kind !== kind.kind) {
    throw badRequest(`invalid object type: ${shown}`);
  }
  if ((applied.metadata?.managedFields ?? []).length > 0) throw badRequest('metadata.managedFields must be nil');
  const complaints = checkTyped(applied, type);
  if (complaints.length === 0) return;
  const [only] = complaints;
  const why = complaints.length === 1 ? only : `errors:\n${complaints.map((complaint) => `  ${complaint}`).join('\n')}`;
  const { name = '', namespace = '' } = { ...live.metadata, ...applied.metadata };
  throw badRequest(`failed to create typed patch object (${namespace}/${name}; ${shown}): ${why}`);
}
