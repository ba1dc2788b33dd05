/**
 * `metadata.managedFields` through every write that is no apply. Behaves as `apimachinery/pkg/util/managedfields` does on a
 * server; `vectors.json` holds that code's own results.
 */
import { equalJson } from '../../lib/equal-json.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import type { Owners } from './owners.ts';
import { readOwners, readStoredOwners, writeOwners } from './owners.ts';
import type { Writing } from './track-update.ts';
import { asToday, trackUpdate } from './track-update.ts';

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
