/** What upstream's plugins DefaultTolerationSeconds and Priority put into every new pod. */

import { forbidden } from '../../api/status.ts';
import type { Pod, PodSpec, Toleration } from '../../api/types/core-v1.ts';
import type { AdmissionPlugin } from './admission.ts';

const waitSeconds = 300;
const conditions = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export const podDefaults: AdmissionPlugin = {
  name: 'PodDefaults',
  admit({ operation, resource, subresource, object }) {
    if (operation === 'DELETE' || resource.group !== '' || resource.plural !== 'pods' || subresource !== '') return;
    const { spec, metadata } = object as Pod;
    if (spec === undefined) return;
    addTolerations(spec);
    if (operation === 'UPDATE') return;
    const { priorityClassName = '' } = spec;
    const builtIn = builtInPriorities.get(priorityClassName);
    if (builtIn === undefined) {
      throw forbidden(
        { group: '', resource: 'pods' },
        metadata.name ?? '',
        `no PriorityClass with name ${priorityClassName} was found`,
      );
    }
    if (spec.priority !== undefined && spec.priority !== builtIn) {
      throw forbidden(
        { group: '', resource: 'pods' },
        metadata.name ?? '',
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${builtIn} from the given PriorityClass name`,
      );
    }
    spec.priority = builtIn;
    spec.preemptionPolicy ??= 'PreemptLowerPriority';
  },
};

function addTolerations(spec: PodSpec): void {
  const tolerations = spec.tolerations ?? [];
  const missing = conditions.filter((key) => !tolerations.some((one) => tolerates(one, key)));
  if (missing.length === 0) return;
  const added = missing.map((key) => ({
    effect: 'NoExecute',
    key,
    operator: 'Exists',
    tolerationSeconds: waitSeconds,
  }));
  spec.tolerations = [...tolerations, ...added];
}

/** The classes that every cluster has; PriorityClass objects are not served. */
const builtInPriorities: ReadonlyMap<string, number> = new Map([
  ['', 0],
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

function tolerates({ key = '', effect = '' }: Toleration, condition: string): boolean {
  return (key === condition || key === '') && (effect === 'NoExecute' || effect === '');
}
