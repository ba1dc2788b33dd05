/** Why nothing could be done in a container: what its status says of it. */
import { StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { containerStatus } from '../../client/log/container-runs.ts';
import { CommandError } from '../command.ts';

/** Throws CommandError for a pod that is over. `doing` is a phrase: `exec into`. */
export function refuseCompleted(pod: Pod, doing: string): void {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw new CommandError(`cannot ${doing} a container in a completed pod; current phase is ${phase}`);
  }
}

/** The same error, or one that says that the container does not run, where that explains it. */
export function explainedByState(error: unknown, pod: Pod, container: string): unknown {
  if (!(error instanceof StatusError) || error.code === 403 || error.code === 401) return error;
  const { waiting, terminated, running } = containerStatus(pod, container)?.state ?? {};
  if (running !== undefined) return error;
  const what = `container ${container} of pod ${pod.metadata.name} does not run`;
  if (waiting !== undefined) {
    const why = [waiting.reason, waiting.message].filter((part) => part !== undefined && part !== '').join(': ');
    return new CommandError(`${what}${why === '' ? '' : `: ${why}`}`);
  }
  if (terminated !== undefined) {
    return new CommandError(`${what}: it ended with exit code ${terminated.exitCode} (${terminated.reason ?? 'over'})`);
  }
  return new CommandError(`${what} yet: the pod is ${pod.status?.phase ?? 'Pending'}`);
}
