import type { Pod } from '../../api/types/core-v1.ts';
import { ephemeralContainersPart } from './ephemeral-containers.ts';
import { qualityOfService } from './pod-qos.ts';
import { defaultPodOnly, defaultPodSpec } from './pod-spec-defaults.ts';
import { summarizePod } from './pod-status-column.ts';
import { validateNewPod, validatePod, validatePodUpdate } from './pod-validation.ts';
import type { ResourceDefinition } from './resource.ts';

const orNone = (text: string | undefined) => (text === undefined || text === '' ? '<none>' : text);

export const pod: ResourceDefinition<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  statusSubresource: true,
  statusKeeps: ['ownerReferences'],
  parts: new Map([['ephemeralcontainers', ephemeralContainersPart]]),
  generation: true,
  returnsDeletedObject: true,
  gracePeriodSeconds({ spec, status }) {
    // of a pod that no node has, or that has ended, nothing is left to wait for
    if ((spec?.nodeName ?? '') === '' || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
    return spec?.terminationGracePeriodSeconds ?? 30;
  },
  applyDefaults({ spec }) {
    if (spec === undefined) return;
    defaultPodSpec(spec);
    defaultPodOnly(spec);
  },
  prepareForCreate(object, { now }) {
    // Upstream takes a negative period for the shortest one, and so does this.
    if (object.spec !== undefined && (object.spec.terminationGracePeriodSeconds ?? 0) < 0)
      object.spec.terminationGracePeriodSeconds = 1;
    const qosClass = qualityOfService(object.spec);
    const gated = (object.spec?.schedulingGates ?? []).length > 0;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime: `${now.toISOString().slice(0, 19)}Z`,
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    };
    object.status = { phase: 'Pending', qosClass, ...(gated ? { conditions: [condition] } : {}) };
  },
  validate: validatePod,
  validateCreate: validateNewPod,
  validateUpdate: validatePodUpdate,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  columns: [
    {
      name: 'Ready',
      type: 'string',
      description: 'How many of its containers are ready.',
      value: (object, now) => summarizePod(object, now).ready,
    },
    {
      name: 'Status',
      type: 'string',
      description: 'The state of its containers in a word.',
      value: (object, now) => summarizePod(object, now).status,
    },
    {
      name: 'Restarts',
      type: 'string',
      description: 'How often containers were restarted, and how long ago the last time was.',
      value: (object, now) => summarizePod(object, now).restarts,
    },
    {
      name: 'IP',
      type: 'string',
      priority: 1,
      description: 'The address of the pod.',
      value: ({ status }) => orNone(status?.podIPs?.[0]?.ip ?? status?.podIP),
    },
    {
      name: 'Node',
      type: 'string',
      priority: 1,
      description: 'Where it runs.',
      value: ({ spec }) => orNone(spec?.nodeName),
    },
    {
      name: 'Nominated Node',
      type: 'string',
      priority: 1,
      description: 'Where room is being made for it.',
      value: ({ status }) => orNone(status?.nominatedNodeName),
    },
    {
      name: 'Readiness Gates',
      type: 'string',
      priority: 1,
      description: 'How many of its readiness gates are open.',
      value: readinessGates,
    },
  ],
};

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'),
  );
  return `${open.length}/${gates.length}`;
}
