/**
 * `metadata.managedFields` through every write: the one door of this folder. Behaves as
 * `apimachinery/pkg/util/managedfields` does on a server; `vectors.json` holds that code's own results.
 */
import { equalJson } from '../../lib/equal-json.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { GroupVersionKind } from '../group-version.ts';
import { formatApiVersion, parseApiVersion } from '../group-version.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import { checkDepth } from '../schema/depth.ts';
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
  applied: unknown;
  force: boolean;
  empty: KubeObject;
}

/**
 * What an apply makes of the live object, with its managedFields: not yet in the form that is kept. Changes none of its
 * arguments. Throws `StatusError`: 400 for a document that is not of the kind, 409 for conflicts.
 */
export function applyDocument({ writing, kind, live, applied: sent, force, empty }: ApplyDocument): KubeObject {
  const applied = readApplied(sent, writing, kind);
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

/** The document, if it is one of the kind. Throws a 400 `StatusError`. */
function readApplied(sent: unknown, { type }: Writing, kind: GroupVersionKind): KubeObject {
  if (!isRecord(sent)) throw badRequest('error decoding YAML: an apply is a document with the fields of an object');
  checkDepth(sent);
  const { apiVersion, kind: name } = sent;
  const expected = formatApiVersion(kind);
  if (apiVersion !== expected || name !== kind.kind) throw badRequest(`invalid object type: ${describeType(sent)}`);
  const metadata: Record<string, unknown> = isRecord(sent.metadata) ? sent.metadata : {};
  if (Array.isArray(metadata.managedFields) && metadata.managedFields.length > 0) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const complaints = checkTyped(sent, type);
  if (complaints.length === 0) return { ...sent, apiVersion, kind: name, metadata };
  const why =
    complaints.length === 1 ? complaints[0] : `errors:\n${complaints.map((complaint) => `  ${complaint}`).join('\n')}`;
  const where = `${textOf(metadata.namespace)}/${textOf(metadata.name)}; ${describeType(sent)}`;
  throw badRequest(`failed to create typed patch object (${where}): ${why}`);
}

function describeType({ apiVersion, kind }: Record<string, unknown>): string {
  const { group = '', version = '' } = parseApiVersion(textOf(apiVersion)) ?? {};
  return `${group}/${version}, Kind=${textOf(kind)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
