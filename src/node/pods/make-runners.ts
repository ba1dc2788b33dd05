/** The containers of a pod as this node takes them on, with what an earlier run of the node reported of them. */
import type { Container, Pod } from '../../api/types/core-v1.ts';
import type { ContainerHost } from './container-host.ts';
import { ContainerRunner } from './container-runner.ts';

/** Its containers have ended for good in an earlier run of the node, and are not started again. */
export function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Runners for all containers, init containers first; `host` is what they ask the pod for. */
export function makeRunners(pod: Pod, host: ContainerHost): ContainerRunner[] {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const graceSeconds = pod.spec?.terminationGracePeriodSeconds ?? 30;
  const waitingReason = (pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const make = (spec: Container, role: ContainerRunner['role']) => {
    const statuses = role === 'main' ? pod.status?.containerStatuses : pod.status?.initContainerStatuses;
    const previous = statuses?.find(({ name }) => name === spec.name);
    const runner = new ContainerRunner({
      spec,
      role,
      host,
      graceSeconds,
      waitingReason,
      ...(previous === undefined ? {} : { previous }),
    });
    const ran = previous?.state?.running !== undefined || previous?.state?.terminated !== undefined;
    const isFinished =
      isOver(pod) ||
      (role === 'main' && (policy === 'Never' || previous?.state?.terminated?.exitCode === 0) && policy !== 'Always');
    if (previous !== undefined && ran && isFinished) runner.adoptFinished(previous);
    return runner;
  };
  return [
    ...(pod.spec?.initContainers ?? []).map((spec) => make(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ...(pod.spec?.containers ?? []).map((spec) => make(spec, 'main')),
  ];
}
