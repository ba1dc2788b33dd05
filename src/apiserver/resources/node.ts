import type { FieldError } from '../../api/status.ts';
import type { Node, Taint } from '../../api/types/core-v1.ts';
import {
  at,
  duplicate,
  forbiddenField,
  invalidFor,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { complainAboutLabelValue, complainAboutQualifiedName } from '../../api/validation/names.ts';
import { ageColumn } from './columns.ts';
import type { ResourceDefinition } from './resource.ts';
import { canonicalAmounts } from './resource-amounts.ts';

const rolePrefix = 'node-role.kubernetes.io/';

export const node: ResourceDefinition<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  keepStatusOnCreate: true,
  statusSubresource: true,
  applyDefaults({ spec, status }) {
    if (spec?.podCIDR !== undefined) spec.podCIDRs ??= [spec.podCIDR];
    canonicalAmounts(status?.capacity);
    canonicalAmounts(status?.allocatable);
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  },
  validate: ({ spec = {} }) => validateTaints(spec.taints ?? []),
  validateUpdate({ spec: next = {} }, { spec: before = {} }) {
    const errors: FieldError[] = [];
    if ((before.providerID ?? '') !== '' && next.providerID !== before.providerID) {
      errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
    }
    if ((before.podCIDR ?? '') !== '' && next.podCIDR !== before.podCIDR) {
      errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
    }
    return errors;
  },
  selectableFields: {
    'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false),
  },
  columns: [
    { name: 'Status', type: 'string', description: 'Whether it takes pods.', value: formatStatus },
    { name: 'Roles', type: 'string', description: 'What it is for.', value: formatRoles },
    ageColumn,
    {
      name: 'Version',
      type: 'string',
      description: 'The version of its agent.',
      value: ({ status }) => status?.nodeInfo?.kubeletVersion ?? '',
    },
    addressColumn('Internal-IP', 'InternalIP'),
    addressColumn('External-IP', 'ExternalIP'),
    {
      name: 'OS-Image',
      type: 'string',
      priority: 1,
      description: 'Its operating system.',
      value: ({ status }) => status?.nodeInfo?.osImage || '<unknown>',
    },
    {
      name: 'Kernel-Version',
      type: 'string',
      priority: 1,
      description: 'Its kernel and architecture.',
      value: ({ status }) => {
        const { kernelVersion = '', architecture = '' } = status?.nodeInfo ?? {};
        return `${kernelVersion || '<unknown>'}${architecture === '' ? '' : ` (${architecture})`}`;
      },
    },
    {
      name: 'Container-Runtime',
      type: 'string',
      priority: 1,
      description: 'What runs its containers.',
      value: ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    },
  ],
};

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateTaints(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap(({ key = '', value = '', effect = '' }, index) => {
    const path = at('metadata.taints', index);
    const errors = invalidFor(`${path}.key`, key, complainAboutQualifiedName(key));
    errors.push(...invalidFor(`${path}.value`, value, complainAboutLabelValue(value)));
    if (effect === '') errors.push(required(`${path}.effect`));
    else if (!effects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, effects));
    const pair = `${key}:${effect}`;
    if (seen.has(pair)) {
      const { reason, field, message } = duplicate(path, { key, effect });
      errors.push({ reason, field, message: `${message}: taints must be unique by key and effect pair` });
    }
    seen.add(pair);
    return errors;
  });
}

function addressColumn(name: string, wanted: string) {
  return {
    name,
    type: 'string',
    priority: 1,
    description: `Its first address of type ${wanted}.`,
    value: ({ status }: Node) => status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>',
  } as const;
}

function formatStatus({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function formatRoles({ metadata: { labels = {} } }: Node): string {
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key === 'kubernetes.io/role') return [value];
    return key.startsWith(rolePrefix) ? [key.slice(rolePrefix.length)] : [];
  });
  return [...new Set(roles.filter((role) => role !== ''))].toSorted().join(',') || '<none>';
}
