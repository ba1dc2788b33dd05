import type { Pod } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

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
  generation: true,
};
