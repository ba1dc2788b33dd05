/** A pod's phase and conditions from the states of its containers, after the kubelet's `generateAPIPodStatus`. */
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../api/types/core-v1.ts';
import type { ContainerRole } from './container-host.ts';
import { qosClass } from './qos-class.ts';

export interface PodEnd {
  /** Default: `Failed`. */
  phase?: string;
  /** As the message, '' where none is given. */
  reason: string;
  message: string;
  /** For a cause outside of the pod: the reason of its condition `DisruptionTarget`. */
  disruption?: string;
}

export interface PodFacts {
  pod: Pod;
  /** In the order of the spec, init containers first. */
  containers: readonly { role: ContainerRole; status: ContainerStatus }[];
  /** The pod has its address, directory and volumes. */
  sandboxReady: boolean;
  /** All init containers have ended well, and sidecars have started. */
  initialized: boolean;
  podIP: string | undefined;
  hostIP: string;
  startTime: string;
  /** Set when something else than its containers ended the pod: it is then Failed, or what it was declared, whatever they did. */
  ended?: PodEnd;
  now: Date;
}

export function podStatus(all: PodFacts): PodStatus {
  // What becomes of the pod does not hang on those that only look into it.
  const facts = { ...all, containers: all.containers.filter(({ role }) => role !== 'ephemeral') };
  const { pod, containers, podIP, hostIP, startTime, ended } = facts;
  const phase = podPhase(facts);
  const main = containers.filter(({ role }) => role === 'main').map(({ status }) => status);
  const init = containers.filter(({ role }) => role !== 'main').map(({ status }) => status);
  const ephemeral = all.containers.filter(({ role }) => role === 'ephemeral').map(({ status }) => status);
  const generation = pod.metadata.generation;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    ...(ended === undefined || ended.reason === '' ? {} : { reason: ended.reason }),
    ...(ended === undefined || ended.message === '' ? {} : { message: ended.message }),
    conditions: podConditions(facts, phase),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime,
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: qosClass(pod),
  };
}

export function podPhase({ pod, containers, initialized, ended }: PodFacts): string {
  if (ended !== undefined) return ended.phase ?? 'Failed';
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const init = containers.filter(({ role }) => role === 'init');
  if (policy === 'Never' && init.some(({ status }) => (status.state?.terminated?.exitCode ?? 0) !== 0)) return 'Failed';
  if (!initialized) return 'Pending';
  let waiting = 0;
  let running = 0;
  let failed = 0;
  for (const { role, status } of containers) {
    // A sidecar keeps a pod running, but how it ends does not count.
    if (role === 'sidecar' && status.state?.running !== undefined) running += 1;
    if (role !== 'main') continue;
    const terminated = status.state?.terminated ?? status.lastState?.terminated;
    if (status.state?.running !== undefined) running += 1;
    else if (terminated === undefined) waiting += 1;
    else if (terminated.exitCode !== 0) failed += 1;
  }
  if (waiting > 0) return 'Pending';
  if (running > 0 || policy === 'Always') return 'Running';
  if (failed === 0) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function podConditions(facts: PodFacts, phase: string): PodCondition[] {
  const { pod, containers, sandboxReady, initialized, ended, now } = facts;
  const isDone = phase === 'Succeeded' || phase === 'Failed';
  const own: { type: string; ok: boolean; reason?: string; message?: string }[] = [];
  own.push({ type: 'PodReadyToStartContainers', ok: sandboxReady && !isDone });
  const incomplete = namesOf(containers, ({ role, status }) => role !== 'main' && !isInitialized(role, status));
  own.push(
    initialized || phase === 'Succeeded'
      ? { type: 'Initialized', ok: true, ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) }
      : {
          type: 'Initialized',
          ok: false,
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${incomplete}]`,
        },
  );
  const unready = namesOf(containers, ({ role, status }) => role !== 'init' && !status.ready);
  const notReady =
    phase === 'Succeeded'
      ? { reason: 'PodCompleted' }
      : phase === 'Failed'
        ? { reason: 'PodFailed' }
        : unready !== ''
          ? { reason: 'ContainersNotReady', message: `containers with unready status: [${unready}]` }
          : undefined;
  const gates = (pod.spec?.readinessGates ?? []).filter(
    ({ conditionType }) => conditionOf(pod, conditionType)?.status !== 'True',
  );
  const gated =
    gates.length === 0
      ? undefined
      : {
          reason: 'ReadinessGatesNotReady',
          message: gates
            .map(
              ({ conditionType }) =>
                `corresponding condition of pod readiness gate "${conditionType}" does not exist or is not True.`,
            )
            .join(', '),
        };
  const notReadyOrGated = notReady ?? gated;
  own.push({ type: 'Ready', ok: notReadyOrGated === undefined, ...notReadyOrGated });
  own.push({ type: 'ContainersReady', ok: notReady === undefined, ...notReady });
  own.push({ type: 'PodScheduled', ok: true });
  if (ended?.disruption !== undefined) {
    own.push({ type: 'DisruptionTarget', ok: true, reason: ended.disruption, message: ended.message });
  }
  const conditions = own.map(({ type, ok, ...why }): PodCondition => {
    const status = ok ? 'True' : 'False';
    const previous = conditionOf(pod, type);
    const unchanged = previous?.status === status && previous.lastTransitionTime !== undefined;
    const lastTransitionTime = unchanged ? previous.lastTransitionTime : now.toISOString().replace(/\.\d+Z$/, 'Z');
    const generation = pod.metadata.generation;
    return {
      type,
      status,
      ...why,
      ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
  });
  // What others say of the pod (readiness gates, disruption) stays.
  const types = new Set(conditions.map(({ type }) => type));
  return [...conditions, ...(pod.status?.conditions ?? []).filter(({ type }) => !types.has(type))];
}

function isInitialized(role: ContainerRole, status: ContainerStatus): boolean {
  return role === 'sidecar' ? status.started === true : status.state?.terminated?.exitCode === 0;
}

function namesOf(
  containers: PodFacts['containers'],
  match: (container: PodFacts['containers'][number]) => boolean,
): string {
  return containers
    .filter(match)
    .map(({ status }) => status.name)
    .join(' ');
}

function conditionOf(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}
