import type { Service, ServicePort } from '../../api/types/core-v1.ts';
import { complainAboutDnsLabel } from '../../api/validation/names.ts';
import { formatLabels } from './label-text.ts';
import type { ResourceDefinition } from './resource.ts';
import { defaultService, keepAllocations, mirrorAddress } from './service-defaults.ts';
import { validateService, validateServiceUpdate } from './service-validation.ts';

export const service: ResourceDefinition<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  createdByUpdate: true,
  returnsDeletedObject: true,
  statusSubresource: true,
  applyDefaults: defaultService,
  prepareForCreate(object) {
    mirrorAddress(object);
    object.status = { loadBalancer: {} };
  },
  prepareForUpdate: keepAllocations,
  validateName: complainAboutDnsLabel,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  columns: [
    { name: 'Type', type: 'string', description: 'How it is reached.', value: ({ spec }) => spec?.type ?? '' },
    {
      name: 'Cluster-IP',
      type: 'string',
      description: 'Its address inside the cluster.',
      value: ({ spec }) => spec?.clusterIPs?.[0] ?? '<none>',
    },
    { name: 'External-IP', type: 'string', description: 'Its addresses outside the cluster.', value: externalAddress },
    {
      name: 'Port(s)',
      type: 'string',
      description: 'Its ports, with their node ports and protocols.',
      value: ({ spec }) => (spec?.ports ?? []).map(formatPort).join(',') || '<none>',
    },
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      description: 'The labels of the pods behind it.',
      value: ({ spec }) => formatLabels(spec?.selector),
    },
  ],
};

function externalAddress({ spec = {}, status }: Service): string {
  const { type, externalIPs = [], externalName = '' } = spec;
  if (type === 'ExternalName') return externalName;
  if (type !== 'LoadBalancer') return externalIPs.join(',') || '<none>';
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip = '', hostname = '' }) => ip || hostname);
  const balanced = [...new Set(ingress.filter((address) => address !== ''))].toSorted();
  return [...balanced, ...externalIPs].join(',') || '<pending>';
}

function formatPort({ port, nodePort = 0, protocol = 'TCP' }: ServicePort): string {
  return nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}
