/** What keeps a pod from being ready, in words. */
import type { ContainerStatus, Event, Pod } from '../../api/types/core-v1.ts';

export interface PodTrouble {
  says: string;
  /** What follows `kubectl -n NAMESPACE`. */
  fix: string;
}

export function isReadyPod({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
  );
}

/** Undefined for a pod that is ready. `events` may hold those of other pods too; newest last. */
export function podTrouble(pod: Pod, events: readonly Event[]): PodTrouble | undefined {
  if (isReadyPod(pod)) return undefined;
  const { name = '', deletionTimestamp } = pod.metadata;
  const {
    phase = 'Pending',
    conditions = [],
    reason,
    message,
    containerStatuses = [],
    initContainerStatuses = [],
  } = pod.status ?? {};
  const describe = `describe pod ${name}`;
  if (deletionTimestamp !== undefined) return { says: 'it ends', fix: `get pod ${name}` };
  if (phase === 'Failed' || phase === 'Succeeded')
    return {
      says: `it has ended (${[phase, reason, message].filter((word) => word).join(': ')})`,
      fix: `logs ${name}`,
    };
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return {
      says: `no node takes it: ${scheduled.message ?? scheduled.reason ?? 'no reason is given'}`,
      fix: describe,
    };
  for (const status of [...initContainerStatuses, ...containerStatuses]) {
    const says = containerTrouble(status);
    if (says === undefined) continue;
    const { state, lastState } = status;
    if (lastState?.terminated !== undefined) return { says, fix: logsOfTheLast(name, status) };
    return { says, fix: state?.terminated ? `logs ${name} -c ${status.name}` : describe };
  }
  // Between two ends it runs, and what it ended of is still the matter.
  const again = crashedBefore(pod);
  if (again !== undefined && !again.ready && phase === 'Running')
    return {
      says: `not ready: container ${again.name} runs again; ${lastEnd(again)}`,
      fix: logsOfTheLast(name, again),
    };
  const own = events.filter(({ involvedObject, type }) => involvedObject.name === name && type !== 'Normal');
  const unready = containerStatuses.find(({ ready }) => !ready);
  const probe = own.filter(({ reason: why }) => why === 'Unhealthy').at(-1);
  if (probe !== undefined && phase === 'Running') return { says: `not ready: ${probe.message?.trim()}`, fix: describe };
  if (unready !== undefined && phase === 'Running') {
    const restarts = unready.restartCount > 0 ? `, which has restarted ${unready.restartCount} times,` : '';
    return {
      says: `not ready: its container ${unready.name}${restarts} has not passed its readiness probe`,
      fix: describe,
    };
  }
  const last = own.at(-1);
  return { says: `${phase}${last?.message === undefined ? '' : `: ${last.message.trim()}`}`, fix: describe };
}

/** After so long a run kubelet forgets that a container crashed: it begins anew with its back-off. */
const steadyMs = 10 * 60_000;

/** The container that ended with an error a short while ago, and was started again. */
export function crashedBefore({ status }: Pod): ContainerStatus | undefined {
  return status?.containerStatuses?.find(({ state, lastState }) => {
    const startedAt = Date.parse(state?.running?.startedAt ?? '');
    return (lastState?.terminated?.exitCode ?? 0) !== 0 && !(Date.now() - startedAt > steadyMs);
  });
}

/** How a container that was started again came to its end: "it last ended with exit code 1 (Error) after 2 restarts". */
export function lastEnd({ lastState, restartCount }: ContainerStatus): string | undefined {
  const last = lastState?.terminated;
  if (last === undefined) return undefined;
  const reason = last.reason === undefined ? '' : ` (${last.reason})`;
  return `it last ended with exit code ${last.exitCode}${reason} after ${restartCount} ${restartCount === 1 ? 'restart' : 'restarts'}`;
}

/** What follows `kubectl -n NAMESPACE`. */
export function logsOfTheLast(pod: string, { name }: ContainerStatus): string {
  return `logs ${pod} -c ${name} --previous`;
}

function containerTrouble(status: ContainerStatus): string | undefined {
  const { name, state } = status;
  const { waiting, terminated } = state ?? {};
  if (
    waiting !== undefined &&
    waiting.reason !== undefined &&
    waiting.reason !== 'ContainerCreating' &&
    waiting.reason !== 'PodInitializing'
  ) {
    const last = lastEnd(status);
    const why = last !== undefined ? `; ${last}` : waiting.message === undefined ? '' : ` (${waiting.message})`;
    return `container ${name} waits: ${waiting.reason}${why}`;
  }
  if (terminated !== undefined && terminated.exitCode !== 0)
    return `container ${name} ended with exit code ${terminated.exitCode}${terminated.reason === undefined ? '' : ` (${terminated.reason})`}`;
  return undefined;
}
