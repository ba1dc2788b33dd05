import type { Service } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const service: ResourceDefinition<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  statusSubresource: true,
};
