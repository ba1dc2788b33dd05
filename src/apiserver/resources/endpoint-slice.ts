import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const endpointSlice: ResourceDefinition<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  generation: true,
};
