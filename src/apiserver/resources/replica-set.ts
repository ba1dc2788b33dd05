import type { ReplicaSet } from '../../api/types/apps-v1.ts';
import { immutable } from '../../api/validation/field-errors.ts';
import { sameJson } from '../../api/validation/metadata.ts';
import { templateColumns } from './columns.ts';
import { defaultTemplate, formatLabelSelector, validateSelectorAndTemplate } from './pod-template.ts';
import { replicaScale } from './replica-scale.ts';
import type { ResourceDefinition } from './resource.ts';
import { validateCounts } from './workload-counts.ts';

export const replicaSet: ResourceDefinition<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  statusSubresource: true,
  generation: true,
  scale: replicaScale,
  applyDefaults({ spec }) {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    defaultTemplate(spec.template);
  },
  prepareForCreate(object) {
    object.status = { replicas: 0 };
  },
  validate({ spec }) {
    if (spec === undefined) return [];
    return [
      ...validateCounts({ replicas: spec.replicas, minReadySeconds: spec.minReadySeconds }, 'spec'),
      ...validateSelectorAndTemplate(spec.selector, spec.template),
    ];
  },
  validateUpdate(next, previous) {
    const { selector } = next.spec ?? {};
    return sameJson(selector, previous.spec?.selector) ? [] : [immutable('spec.selector', selector)];
  },
  selectableFields: {
    'status.replicas': ({ status }) => String(status?.replicas ?? 0),
  },
  columns: [
    {
      name: 'Desired',
      type: 'integer',
      description: 'How many pods are wanted.',
      value: ({ spec }) => spec?.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      description: 'How many there are.',
      value: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      type: 'integer',
      description: 'How many are ready.',
      value: ({ status }) => status?.readyReplicas ?? 0,
    },
    ...templateColumns<ReplicaSet>(
      ({ spec }) => spec?.template?.spec?.containers ?? [],
      ({ spec }) => formatLabelSelector(spec?.selector) || '<none>',
    ),
  ],
};
