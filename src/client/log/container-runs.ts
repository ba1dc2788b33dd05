/** The runs of one container of a pod, as its status tells them. */
import type { Container, ContainerStatus, Pod } from '../../api/types/core-v1.ts';

/** In the order in which they run. */
export function allContainers({ spec }: Pod): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])];
}

export function isEphemeral({ spec }: Pod, name: string): boolean {
  return spec?.ephemeralContainers?.some((each) => each.name === name) === true;
}

export function containerStatus({ status }: Pod, name: string): ContainerStatus | undefined {
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((each) => each.name === name);
}

/** True while it runs, is to run, or will run again. */
export function comesAgain(pod: Pod, name: string): boolean {
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return false;
  const status = containerStatus(pod, name);
  const terminated = status?.state?.terminated;
  if (terminated === undefined)
    return pod.metadata.deletionTimestamp === undefined || status?.state?.running !== undefined;
  if (pod.metadata.deletionTimestamp !== undefined || isEphemeral(pod, name)) return false;
  const container = allContainers(pod).find((each) => each.name === name);
  const isInit = pod.spec?.initContainers?.some((each) => each.name === name) === true;
  const policy = container?.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  // An init container that is through is through, unless it is a sidecar.
  if (policy === 'Always' && (!isInit || container?.restartPolicy === 'Always')) return true;
  return terminated.exitCode !== 0;
}
