/** Server-side apply, and what was applied from the client before becomes the server's matter. */
import { hasField, NO_FIELDS, union } from '../../api/apply/field-set.ts';
import type { ManagedFieldsEntry, UnstructuredObject } from '../../api/object.ts';
import { isReason, StatusError } from '../../api/status.ts';
import type { ResourceCall } from '../../client/cluster-client.ts';
import { CommandError } from '../command.ts';
import { lastAppliedAnnotation } from './last-applied.ts';
import type { Objects } from './open-objects.ts';
import type { Target } from './select-targets.ts';

export interface ServerApply {
  fieldManager: string;
  force: boolean;
  dryRun: boolean;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  subresource: string | undefined;
}

/** The manager that keeps the annotation where objects are applied by both ways in turn. */
const annotationManager = 'kubectl-last-applied';
const annotationPath = ['f:metadata', 'f:annotations', `f:${lastAppliedAnnotation}`];
const mostTries = 5;

/** The name of kubectl, whose objects are migrated; other managers keep what they have. */
export const usualManager = 'kubectl';

/** Throws CommandError that names the fields in conflict and the ways out, StatusError for what else was refused. */
export async function applyOnServer(
  target: Target & { object: UnstructuredObject },
  options: ServerApply,
  objects: Objects,
): Promise<UnstructuredObject> {
  const { subresource, ...write } = options;
  const call: Omit<ResourceCall, 'namespace' | 'name'> = {
    ...write,
    method: 'PATCH',
    contentType: 'application/apply-patch+yaml',
    body: target.object,
    ...(subresource !== undefined && { subresource }),
  };
  let applied: UnstructuredObject;
  try {
    applied = await objects.call(target, call);
  } catch (error) {
    throw explain(error, target);
  }
  if (options.dryRun || subresource !== undefined) return applied;
  try {
    const kept = await keepAnnotation(applied, target, options, objects);
    if (await migrate(kept, target, options, objects)) return await objects.call(target, call);
    return kept;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    objects.warn(
      `${target.type.plural}/${target.name} is applied, but its fields are still those of client-side apply too: ${error.message}`,
    );
    return applied;
  }
}

function explain(error: unknown, { type, name }: Target): unknown {
  if (!(error instanceof StatusError)) return error;
  if (error.code === 415) {
    return new CommandError(
      `the server has no server-side apply for ${type.plural} (${error.message}); leave --server-side out`,
    );
  }
  if (!isReason(error, 'Conflict')) return error;
  return new CommandError(
    `${error.message}\n${type.plural}/${name} was not changed. Either take these fields over with --force-conflicts,\n` +
      'or remove them from the file so that they stay as their managers set them,\n' +
      'or give them the values that they have, and own them together.',
  );
}

/** The annotation of client-side apply would go with its manager: one of its own keeps it, for a way back. */
async function keepAnnotation(
  applied: UnstructuredObject,
  target: Target,
  { fieldManager }: ServerApply,
  objects: Objects,
): Promise<UnstructuredObject> {
  const { name, namespace, annotations = {}, managedFields = [] } = applied.metadata;
  const text = annotations[lastAppliedAnnotation];
  if (fieldManager !== usualManager || text === undefined) return applied;
  if (
    managedFields.some((entry) => entry.operation === 'Apply' && hasField(entry.fieldsV1 ?? NO_FIELDS, annotationPath))
  ) {
    return applied;
  }
  const body = {
    apiVersion: applied.apiVersion,
    kind: applied.kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), annotations: { [lastAppliedAnnotation]: text } },
  };
  return objects.call(target, {
    method: 'PATCH',
    contentType: 'application/apply-patch+yaml',
    body,
    fieldManager: annotationManager,
  });
}

/** True when fields changed hands: the object must be applied once more, so that fields that the file dropped go. */
async function migrate(
  applied: UnstructuredObject,
  target: Target,
  { fieldManager }: ServerApply,
  objects: Objects,
): Promise<boolean> {
  let object = applied;
  for (let attempt = 1; ; attempt++) {
    const before = object.metadata.managedFields ?? [];
    const owners = before.filter(
      (entry) => entry.operation === 'Update' && hasField(entry.fieldsV1 ?? NO_FIELDS, annotationPath),
    );
    const managers = [...new Set(owners.map(({ manager }) => manager ?? ''))];
    if (managers.length === 0) return false;
    const after = managers.reduce((entries, manager) => takeOver(entries, manager, fieldManager), before);
    try {
      await objects.call(target, {
        method: 'PATCH',
        contentType: 'application/json-patch+json',
        // Replacing the version makes a change in between a conflict.
        body: [
          { op: 'replace', path: '/metadata/managedFields', value: after },
          { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion },
        ],
      });
      return true;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= mostTries) throw error;
      object = await objects.call(target, { method: 'GET' });
    }
  }
}

/** After `client-go/util/csaupgrade`: what `from` owns by updates becomes what `to` owns by apply. */
function takeOver(entries: readonly ManagedFieldsEntry[], from: string, to: string): ManagedFieldsEntry[] {
  const isFrom = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === from && entry.operation === 'Update' && (entry.subresource ?? '') === '';
  const isTo = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === to && entry.operation === 'Apply' && (entry.subresource ?? '') === '';
  const heir = entries.find(isTo) ?? entries.find(isFrom);
  if (heir === undefined) return [...entries];
  const given = entries.find((entry) => isFrom(entry) && entry.apiVersion === heir.apiVersion);
  const fieldsV1 = union(heir.fieldsV1 ?? NO_FIELDS, given?.fieldsV1 ?? NO_FIELDS);
  return entries
    .map((entry) => (entry === heir ? { ...entry, manager: to, operation: 'Apply', fieldsV1 } : entry))
    .filter((entry) => !isFrom(entry));
}
