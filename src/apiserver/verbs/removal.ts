/** Deleting one object: at once, or by marking it and waiting for its grace period and finalizers. After `registry/generic`. */

import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../api/object.ts';
import { cloneJson } from '../../lib/clone-json.ts';
import type { UserInfo } from '../auth/types.ts';
import type { ResourceDefinition } from '../resources/resource.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../stored-object.ts';
import { encodeForStorage, storedObject } from '../stored-object.ts';
import { AdmissionChain } from './admission-chain.ts';
import { withNewest } from './compare-and-swap.ts';
import type { DeleteOptions } from './delete-options.ts';
import { timestamp } from './object-meta.ts';
import { checkDeletePreconditions } from './preconditions.ts';
import type { ApiContext } from './verb.ts';

export interface Removal {
  api: ApiContext;
  served: ServedResource;
  namespace: string;
  name: string;
  user: UserInfo;
  options: DeleteOptions;
}

export interface Removed {
  /** The object as it was last; marked, if it stays for a while. */
  stored: StoredObject;
  gone: boolean;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** Throws `StatusError` 404, 409, and what admission refuses with. */
export function removeStored(removal: Removal): Promise<Removed> {
  const { served, namespace, name } = removal;
  return withNewest(served, namespace, name, (current) => attempt(removal, current));
}

async function attempt(
  { api, served, namespace, name, user, options }: Removal,
  current: StoredObject,
): Promise<Removed> {
  checkDeletePreconditions(served, current.object, options.preconditions);
  const { definition } = served;
  const { dryRun } = options;
  const admission = new AdmissionChain(api.admission, {
    operation: 'DELETE',
    resource: definition,
    subresource: '',
    namespace,
    name,
    object: undefined,
    previous: current.object,
    user,
    dryRun,
  });
  let written = false;
  try {
    await admission.admit();
    await admission.reserve();
    await admission.validate();
    const { outcome, object } = decide(definition, current.object, options, api.now());
    if (outcome === 'wait') return { stored: current, gone: false };
    const value = encodeForStorage(object);
    if (outcome === 'remove') {
      if (!dryRun) await api.storage.delete(current.key, current.revision);
      written = !dryRun;
      return { stored: storedObject(current.key, value, current.revision), gone: true };
    }
    const revision = dryRun ? current.revision : await api.storage.update(current.key, value, current.revision);
    written = !dryRun;
    return { stored: storedObject(current.key, value, revision), gone: false };
  } finally {
    admission.end(written);
  }
}

interface Decision {
  /** Whether the object goes at once, is marked and stays for a while, or has been marked by an earlier delete. */
  outcome: 'remove' | 'mark' | 'wait';
  /** The object with the marks of its deletion. */
  object: KubeObject;
}

function decide(definition: ResourceDefinition, object: KubeObject, options: DeleteOptions, now: Date): Decision {
  const { metadata } = object;
  const grace = gracePeriod(definition, object, options);
  if (grace === 'pending') return { outcome: 'wait', object };
  const finalizers = finalizersFor(definition, object, options);
  const held = finalizers.length > 0 || (definition.ownFinalizers?.read(object) ?? []).length > 0;
  // what was never marked shows no marks when it goes; what may take its time shows that it got none
  if (grace === 0 && !held && definition.gracePeriodSeconds === undefined) return { outcome: 'remove', object };
  const next = cloneJson(object);
  // the timestamp says when the grace period will be over
  const began = metadata.deletionTimestamp;
  const start =
    began === undefined ? now.getTime() : Date.parse(began) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  next.metadata.deletionTimestamp = timestamp(new Date(start + grace * 1000));
  if (definition.ownFinalizers === undefined) next.metadata.deletionGracePeriodSeconds = grace;
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  else delete next.metadata.finalizers;
  if (began === undefined) {
    if (next.metadata.generation !== undefined) next.metadata.generation += 1;
    definition.ownFinalizers?.markDeleted(next);
  }
  if (grace === 0 && !held) return { outcome: 'remove', object: next };
  return { outcome: began !== undefined && isDeepStrictEqual(next, object) ? 'wait' : 'mark', object: next };
}

/** Seconds until the object may go; 0 at once; `pending` when an earlier delete has said so and this one asks no less. */
function gracePeriod(
  { gracePeriodSeconds }: ResourceDefinition,
  object: KubeObject,
  { gracePeriodSeconds: asked }: DeleteOptions,
): number | 'pending' {
  if (gracePeriodSeconds === undefined) return 0;
  const { deletionTimestamp, deletionGracePeriodSeconds: running = 0 } = object.metadata;
  if (deletionTimestamp === undefined) {
    const usual = gracePeriodSeconds(object);
    // nothing runs that could need time: the client's wish does not change that
    return usual === 0 ? 0 : (asked ?? usual);
  }
  if (running === 0) return 0;
  return asked !== undefined && asked < running ? asked : 'pending';
}

/** The finalizers by which the garbage collector learns what is to become of dependents. */
function finalizersFor(
  { defaultPropagation }: ResourceDefinition,
  { metadata: { finalizers = [] } }: KubeObject,
  { propagation }: DeleteOptions,
): string[] {
  const wanted =
    propagation ??
    (finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : defaultPropagation);
  const others = finalizers.filter((one) => one !== ORPHAN && one !== FOREGROUND);
  if (wanted === 'Orphan') return [...others, ORPHAN];
  return wanted === 'Foreground' ? [...others, FOREGROUND] : others;
}
