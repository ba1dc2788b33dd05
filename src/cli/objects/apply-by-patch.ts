/** Client-side apply: what the user wants, what was applied last and what is there make one patch. */
import type { UnstructuredObject } from '../../api/object.ts';
import { createThreeWayMergePatch } from '../../api/patch/create-merge-patch.ts';
import { createThreeWayPatch } from '../../api/patch/create-strategic-patch.ts';
import { withoutNulls } from '../../api/patch/directives.ts';
import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts';
import { schemaOf } from '../../api/schema/schema.ts';
import { isReason } from '../../api/status.ts';
import type { WriteOptions } from '../../client/cluster-client.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { isRecord } from '../../lib/is-record.ts';
import { lastAppliedAnnotation, readLastApplied, withLastApplied } from './last-applied.ts';
import { isGone } from './object-states.ts';
import type { Objects } from './open-objects.ts';
import { targetName } from './print-outcome.ts';
import type { Target } from './select-targets.ts';

export interface ApplyContext {
  objects: Objects;
  signal: AbortSignal;
  /** Told what is about to be done: `creating`. */
  now: (doing: string) => void;
  /** Only shown: the patch is applied here, nothing is sent. */
  local: boolean;
  write: Pick<WriteOptions, 'dryRun' | 'fieldManager' | 'fieldValidation'>;
  /** Delete and create anew what cannot be patched. */
  force?: { gracePeriodSeconds: number | undefined };
}

export interface Applied {
  object: UnstructuredObject;
  done: 'created' | 'configured' | 'unchanged';
}

/** Somebody else's change in between is met this often. */
const mostTries = 5;
const waitBetweenMs = 1000;

/** Throws StatusError for what the server refused. */
export async function applyByPatch(
  target: Target & { object: UnstructuredObject },
  context: ApplyContext,
): Promise<Applied> {
  const { objects, signal, now, local, write } = context;
  const wanted = withLastApplied(target.object);
  now('reading');
  let current = await objects.readIfThere(target);
  if (current === undefined) {
    now('creating');
    const object = { ...target.object, ...record(withoutNulls(wanted)), metadata: wanted.metadata };
    if (local) return { object, done: 'created' };
    return { object: await objects.call(target, { ...write, method: 'POST', body: object }), done: 'created' };
  }
  if (current.metadata.annotations?.[lastAppliedAnnotation] === undefined) {
    objects.warn(
      `resource ${target.type.plural}/${target.name} is missing the ${lastAppliedAnnotation} annotation which is required by apply: it was made by other means. The annotation is added now; what those set and this file does not name stays.`,
    );
  }
  now('patching');
  for (let attempt = 1; ; attempt++) {
    const { type, body } = patchFor(target, { current, wanted });
    if (Object.keys(body).length === 0) return { object: current, done: 'unchanged' };
    if (local)
      return { object: { ...current, ...record(patchedHere(target, { current, type, body })) }, done: 'configured' };
    try {
      const object = await objects.call(target, { ...write, method: 'PATCH', contentType: type, body });
      if (object.metadata.deletionTimestamp !== undefined) {
        objects.warn(`${targetName(target)} was changed while it is being deleted`);
      }
      return { object, done: 'configured' };
    } catch (error) {
      if (isReason(error, 'Conflict') && attempt < mostTries) {
        if (attempt > 1) await sleepUnlessAborted(waitBetweenMs, signal);
        signal.throwIfAborted();
        current = await objects.call(target, { method: 'GET' });
        continue;
      }
      const hopeless = isReason(error, 'Conflict') || isReason(error, 'Invalid');
      if (context.force === undefined || !hopeless) throw error;
      return { object: await replace(target, wanted, context), done: 'configured' };
    }
  }
}

interface Patch {
  type: 'application/strategic-merge-patch+json' | 'application/merge-patch+json';
  body: Record<string, unknown>;
}

function patchFor(
  { type }: Target,
  { current, wanted }: { current: UnstructuredObject; wanted: UnstructuredObject },
): Patch {
  const states = { lastApplied: readLastApplied(current) ?? {}, wanted: record(wanted), current: record(current) };
  const schema = schemaOf(type);
  if (schema === undefined) return { type: 'application/merge-patch+json', body: createThreeWayMergePatch(states) };
  return { type: 'application/strategic-merge-patch+json', body: createThreeWayPatch(states, schema) };
}

function patchedHere(target: Target, { current, type, body }: Patch & { current: UnstructuredObject }): unknown {
  const schema = schemaOf(target.type);
  if (type === 'application/merge-patch+json' || schema === undefined) return applyMergePatch(current, body);
  return applyStrategicMergePatch(current, body, schema);
}

async function replace(
  target: Target,
  wanted: UnstructuredObject,
  { objects, signal, now, write, force }: ApplyContext,
): Promise<UnstructuredObject> {
  const grace = force?.gracePeriodSeconds;
  now('deleting');
  await objects.delete(target, {
    propagationPolicy: 'Background',
    dryRun: write.dryRun === true,
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
  });
  if (write.dryRun !== true) await isGone(objects, target, { uid: undefined, signal });
  now('creating');
  return objects.call(target, { ...write, method: 'POST', body: wanted });
}

/** An object as the patches see it: fields by name. */
function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
