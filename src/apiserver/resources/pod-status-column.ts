/** The READY, STATUS and RESTARTS of a pod, as `kubectl get pods` shows them; after `printPod` of `pkg/printers`. */
import type { Container, ContainerState, ContainerStatus, Pod } from '../../api/types/core-v1.ts';
import { ageOf } from '../table/human-duration.ts';

export interface PodSummary {
  /** `1/2`. */
  ready: string;
  /** `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`… */
  status: string;
  /** `0`, `3 (5s ago)`. */
  restarts: string;
}

interface Tally {
  ready: number;
  restarts: number;
  /** RFC 3339 of the last one; '' for none. */
  lastRestart: string;
}

export function summarizePod(pod: Pod, now: Date): PodSummary {
  const { spec, status = {} } = pod;
  const sidecars = new Set((spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const total = (spec?.containers ?? []).length + sidecars.size;
  let reason = status.reason === undefined || status.reason === '' ? (status.phase ?? '') : status.reason;
  if (status.conditions?.some(({ type, reason: why }) => type === 'PodScheduled' && why === 'SchedulingGated')) {
    reason = 'SchedulingGated';
  }
  const all: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const ofSidecars: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const blocked = initBlockage(pod, sidecars, all, ofSidecars);
  let tally = all;
  if (blocked !== undefined) reason = blocked;
  if (blocked === undefined || hasTrueCondition(pod, 'Initialized')) {
    tally = { ...ofSidecars, ready: all.ready };
    reason = mainReason(pod, reason, tally);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') reason = 'Unknown';
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') reason = 'Terminating';
  }
  const { restarts, lastRestart } = tally;
  const when = restarts === 0 || lastRestart === '' ? '' : ` (${ageOf(lastRestart, now)} ago)`;
  return { ready: `${tally.ready}/${total}`, status: reason, restarts: `${restarts}${when}` };
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always';
}

function count(tally: Tally, { restartCount = 0, lastState }: ContainerStatus): void {
  tally.restarts += restartCount;
  const finished = lastState?.terminated?.finishedAt ?? '';
  if (finished !== '' && (tally.lastRestart === '' || Date.parse(finished) > Date.parse(tally.lastRestart))) {
    tally.lastRestart = finished;
  }
}

/** The status while init containers are not through; undefined when they are. */
function initBlockage(pod: Pod, sidecars: ReadonlySet<string>, all: Tally, ofSidecars: Tally): string | undefined {
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [index, container] of statuses.entries()) {
    const sidecar = sidecars.has(container.name);
    count(all, container);
    if (sidecar) count(ofSidecars, container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated !== undefined && terminated.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) all.ready++;
      continue;
    }
    if (terminated !== undefined) return `Init:${terminationReason(terminated)}`;
    const why = waiting?.reason ?? '';
    if (why !== '' && why !== 'PodInitializing') return `Init:${why}`;
    return `Init:${index}/${(pod.spec?.initContainers ?? []).length}`;
  }
  return undefined;
}

function mainReason(pod: Pod, before: string, tally: Tally): string {
  let reason = before;
  let errorReason = '';
  let running = false;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    count(tally, container);
    const { waiting, terminated, running: alive } = container.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
    else if (terminated !== undefined) {
      reason = terminationReason(terminated);
      if (terminated.exitCode !== 0) errorReason = reason;
    } else if (container.ready && alive !== undefined) {
      running = true;
      tally.ready++;
    }
  }
  if (reason !== 'Completed') return reason;
  if (running && hasTrueCondition(pod, 'Ready')) return 'Running';
  if (errorReason !== '') return errorReason;
  return running ? 'NotReady' : reason;
}

function terminationReason({ reason = '', signal = 0, exitCode }: NonNullable<ContainerState['terminated']>): string {
  if (reason !== '') return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

function hasTrueCondition({ status }: Pod, wanted: string): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) => type === wanted && value === 'True');
}
