/** Waits for the end of what was deleted. */
import { StatusError } from '../../api/status.ts';
import { CommandError } from '../command.ts';
import { kindPrefix } from '../print/name-line.ts';
import { isGone } from './object-states.ts';
import type { Objects } from './open-objects.ts';
import type { Target } from './select-targets.ts';

/** Something of this name and, where that is known, this uid. */
export interface Deleted {
  target: Target;
  uid: string | undefined;
}

/** Throws CommandError for the first that is still there after `timeoutMs`; 0 waits without end. */
export async function waitGone(
  objects: Objects,
  deleted: readonly Deleted[],
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const limit = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined;
  const either = limit === undefined ? signal : AbortSignal.any([signal, limit]);
  for (const { target, uid } of deleted) {
    let gone: boolean;
    try {
      gone = await isGone(objects, target, { uid, signal: either });
    } catch (error) {
      // Who may delete need not be allowed to watch.
      if (error instanceof StatusError && (error.code === 403 || error.code === 405)) continue;
      throw error;
    }
    if (!gone) {
      signal.throwIfAborted();
      throw new CommandError(
        `timed out waiting for ${target.type.plural}/${target.name} to go: a finalizer or a program that does not end may hold it; look with: fairlead get ${kindPrefix(target.type)}/${target.name} -o yaml`,
      );
    }
  }
}
