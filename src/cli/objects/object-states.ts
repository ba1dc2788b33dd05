/** One object over time: what it is now, and what becomes of it. */
import type { UnstructuredObject } from '../../api/object.ts';
import { isReason } from '../../api/status.ts';
import { follow, isFinal } from '../../client/follow.ts';
import type { Objects } from './open-objects.ts';
import type { Target } from './select-targets.ts';

/**
 * Its state now, then after every change; undefined while it is not there. Outlives lost connections, ends without an
 * error when the signal fires, and throws StatusError for what the server refuses for good.
 */
export async function* objectStates(
  objects: Objects,
  { type, namespace, name }: Target,
  signal: AbortSignal,
): AsyncGenerator<UnstructuredObject | undefined> {
  const changes = follow<UnstructuredObject>({
    resource: objects.resource(type),
    query: { fieldSelector: `metadata.name=${name}`, ...(namespace !== undefined && { namespace }) },
    initialEvents: true,
    signal,
    onError(error) {
      if (isFinal(error)) throw error;
    },
  });
  for await (const change of changes) {
    if (change.type === 'replace') yield change.objects[0];
    else if (change.type === 'put') yield change.object;
    else if (change.type === 'delete') yield undefined;
  }
}

/**
 * Resolves with true when the object of this uid is gone, with false when the signal fires before. Without a uid any object
 * of that name counts.
 */
export async function isGone(
  objects: Objects,
  target: Target,
  { uid, signal }: { uid: string | undefined; signal: AbortSignal },
): Promise<boolean> {
  try {
    for await (const state of objectStates(objects, target, signal)) {
      if (state === undefined || (uid !== undefined && state.metadata.uid !== uid)) return true;
    }
  } catch (error) {
    // Its whole type is gone.
    if (isReason(error, 'NotFound')) return true;
    throw error;
  }
  return false;
}
