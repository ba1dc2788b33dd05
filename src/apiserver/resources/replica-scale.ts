/** The scale of kinds that count pods in spec.replicas and status.replicas and find them by spec.selector. */
import type { KubeObject } from '../../api/object.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';
import { formatLabelSelector } from './pod-template.ts';
import type { ScaleMapping } from './resource.ts';

interface Replicated extends KubeObject {
  spec?: { replicas?: number; selector: LabelSelector };
  status?: { replicas?: number };
}

export const replicaScale: ScaleMapping<Replicated> = {
  specReplicasPath: ['spec', 'replicas'],
  specReplicas: (object) => object.spec?.replicas ?? 0,
  setSpecReplicas: (object, replicas) => {
    if (object.spec !== undefined) object.spec.replicas = replicas;
  },
  statusReplicas: (object) => object.status?.replicas ?? 0,
  selector: (object) => formatLabelSelector(object.spec?.selector),
};
