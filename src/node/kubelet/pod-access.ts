/** What the kubelet's API needs to know of the node's pods. */
import type { Pod } from '../../api/types/core-v1.ts';
import type { ContainerRunner } from '../pods/container-runner.ts';

export interface PodAccess {
  pods(): readonly Pod[];
  find(namespace: string, name: string): PodHandle | undefined;
}

export interface PodHandle {
  pod: Pod;
  podIP: string | undefined;
  container(name: string): ContainerRunner | undefined;
}
