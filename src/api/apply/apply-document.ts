/**
 * Server-side apply of a document, as it was sent, to an object. Behaves as `apimachinery/pkg/util/managedfields` does on a
 * server; `vectors.json` holds that code's own results.
 */
import { isRecord } from '../../lib/is-record.ts';
import type { GroupVersionKind } from '../group-version.ts';
import { formatApiVersion, parseApiVersion } from '../group-version.ts';
import type { KubeObject } from '../object.ts';
import { checkDepth } from '../schema/depth.ts';
import { badRequest } from '../status.ts';
import { applyConfiguration } from './apply-configuration.ts';
import { checkTyped } from './check-typed.ts';
import { KUBECTL, updateLastApplied } from './last-applied.ts';
import { readStoredOwners, writeOwners } from './owners.ts';
import type { Writing } from './track-update.ts';
import { withoutOwners } from './track-update.ts';

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
  const owners = readStoredOwners(live.metadata.managedFields ?? []);
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
