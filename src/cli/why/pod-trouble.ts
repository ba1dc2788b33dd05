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
    const crashed =
      status.lastState?.terminated !== undefined &&
      (status.state?.waiting !== undefined || status.state?.terminated !== undefined);
    return {
      says,
      fix: crashed
        ? `logs ${name} -c ${status.name} --previous`
        : status.state?.terminated
          ? `logs ${name} -c ${status.name}`
          : describe,
    };
  }
  const own = events.filter(({ involvedObject, type }) => involvedObject.name === name && type !== 'Normal');
  const unready = containerStatuses.find(({ ready }) => !ready);
  const probe = own.filter(({ reason: why }) => why === 'Unhealthy').at(-1);
  if (probe !== undefined && phase === 'Running') return { says: `not ready: ${probe.message?.trim()}`, fix: describe };
  if (unready !== undefined && phase === 'Running') {
    const restarts = unready.restartCount > 0 ? `, which has restarted ${unready.restartCount} times` : '';
    return {
      says: `not ready: its container ${unready.name}${restarts} has not passed its readiness probe`,
      fix: describe,
    };
  }
  const last = own.at(-1);
  return { says: `${phase}${last?.message === undefined ? '' : `: ${last.message.trim()}`}`, fix: describe };
}

function containerTrouble({ name, state, lastState, restartCount }: ContainerStatus): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (
    waiting !== undefined &&
    waiting.reason !== undefined &&
    waiting.reason !== 'ContainerCreating' &&
    waiting.reason !== 'PodInitializing'
  ) {
    const last = lastState?.terminated;
    const ended =
      last === undefined
        ? ''
        : `; it last ended with exit code ${last.exitCode}${last.reason === undefined ? '' : ` (${last.reason})`} after ${restartCount} restarts`;
    return `container ${name} waits: ${waiting.reason}${waiting.message === undefined || ended !== '' ? '' : ` (${waiting.message})`}${ended}`;
  }
  if (terminated !== undefined && terminated.exitCode !== 0)
    return `container ${name} ended with exit code ${terminated.exitCode}${terminated.reason === undefined ? '' : ` (${terminated.reason})`}`;
  return undefined;
}
