import type { Endpoints } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const endpoints: ResourceDefinition<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
};
