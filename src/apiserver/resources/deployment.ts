import type { FieldError } from '../../api/status.ts';
import type { Deployment, DeploymentSpec } from '../../api/types/apps-v1.ts';
import { forbiddenField, immutable, invalidValue, notSupported } from '../../api/validation/field-errors.ts';
import { sameJson } from '../../api/validation/metadata.ts';
import { templateColumns } from './columns.ts';
import { defaultTemplate, formatLabelSelector, validateSelectorAndTemplate } from './pod-template.ts';
import { replicaScale } from './replica-scale.ts';
import type { ResourceDefinition } from './resource.ts';
import { validateCountOrPercent, validateCounts } from './workload-counts.ts';

export const deployment: ResourceDefinition<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  statusSubresource: true,
  statusKeeps: ['labels'],
  generation: 'annotations',
  scale: replicaScale,
  applyDefaults({ spec }) {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    spec.strategy ??= {};
    spec.strategy.type ||= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy.rollingUpdate ?? {};
      spec.strategy.rollingUpdate = { maxSurge, maxUnavailable };
    }
    defaultTemplate(spec.template);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate: ({ spec }) => (spec === undefined ? [] : validateSpec(spec)),
  validateUpdate(next, previous) {
    const { selector } = next.spec ?? {};
    return sameJson(selector, previous.spec?.selector) ? [] : [immutable('spec.selector', selector)];
  },
  columns: [
    {
      name: 'Ready',
      type: 'string',
      description: 'How many pods are ready, of how many wanted.',
      value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    },
    {
      name: 'Up-to-date',
      type: 'string',
      description: 'How many pods are of the newest template.',
      value: ({ status }) => status?.updatedReplicas ?? 0,
    },
    {
      name: 'Available',
      type: 'string',
      description: 'How many pods have been ready for long enough.',
      value: ({ status }) => status?.availableReplicas ?? 0,
    },
    ...templateColumns<Deployment>(
      ({ spec }) => spec?.template?.spec?.containers ?? [],
      ({ spec }) => formatLabelSelector(spec?.selector),
    ),
  ],
};

function validateSpec(spec: DeploymentSpec): FieldError[] {
  const { replicas, minReadySeconds = 0, revisionHistoryLimit, progressDeadlineSeconds, selector, template } = spec;
  const errors = [
    ...validateCounts({ replicas }, 'spec'),
    ...validateSelectorAndTemplate(selector, template),
    ...validateStrategy(spec),
    ...validateCounts({ minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds }, 'spec'),
  ];
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    errors.push(
      invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds'),
    );
  }
  return errors;
}

function validateStrategy({ strategy = {} }: DeploymentSpec): FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  if (type === 'Recreate') {
    if (rollingUpdate === undefined) return [];
    return [forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate') return [notSupported('spec.strategy', strategy, ['Recreate', 'RollingUpdate'])];
  const { maxSurge = 0, maxUnavailable = 0 } = rollingUpdate ?? {};
  const errors = [
    ...validateCountOrPercent(maxUnavailable, 'spec.strategy.rollingUpdate.maxUnavailable', 100),
    ...validateCountOrPercent(maxSurge, 'spec.strategy.rollingUpdate.maxSurge', undefined),
  ];
  const none = (value: number | string) => value === 0 || value === '0%';
  if (errors.length === 0 && none(maxSurge) && none(maxUnavailable)) {
    const field = 'spec.strategy.rollingUpdate.maxUnavailable';
    errors.push(invalidValue(field, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return errors;
}
