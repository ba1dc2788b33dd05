/** The containers of a pod as this node takes them on, with what an earlier run of the node reported of them. */
import type { Container, ContainerStatus, Pod } from '../../api/types/core-v1.ts';
import type { ContainerHost, ContainerRole } from './container-host.ts';
import { ContainerRunner } from './container-runner.ts';

/** Its containers have ended for good in an earlier run of the node, and are not started again. */
export function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Runners for all containers, init containers first; `host` is what they ask the pod for. */
export function makeRunners(pod: Pod, host: ContainerHost): ContainerRunner[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const make = (spec: Container, role: ContainerRole) => makeRunner({ pod, spec, role, host });
  return [
    ...initContainers.map((spec) => make(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ...containers.map((spec) => make(spec, 'main')),
    ...ephemeralContainers.map((spec) => make(spec, 'ephemeral')),
  ];
}

export function makeRunner(options: {
  pod: Pod;
  spec: Container;
  role: ContainerRole;
  host: ContainerHost;
}): ContainerRunner {
  const { pod, spec, role, host } = options;
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const previous = statusesOf(pod, role)?.find(({ name }) => name === spec.name);
  const runner = new ContainerRunner({
    spec,
    role,
    host,
    graceSeconds: pod.spec?.terminationGracePeriodSeconds ?? 30,
    waitingReason: (pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating',
    ...(previous === undefined ? {} : { previous }),
  });
  const ran = previous?.state?.running !== undefined || previous?.state?.terminated !== undefined;
  const isFinished =
    isOver(pod) ||
    role === 'ephemeral' ||
    (role === 'main' && (policy === 'Never' || previous?.state?.terminated?.exitCode === 0) && policy !== 'Always');
  if (previous !== undefined && ran && isFinished) runner.adoptFinished(previous);
  return runner;
}

function statusesOf({ status }: Pod, role: ContainerRole): ContainerStatus[] | undefined {
  if (role === 'main') return status?.containerStatuses;
  return role === 'ephemeral' ? status?.ephemeralContainerStatuses : status?.initContainerStatuses;
}
