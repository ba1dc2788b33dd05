import type { Secret } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const secret: ResourceDefinition<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
};
