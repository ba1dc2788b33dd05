import type { Lease } from '../../api/types/coordination-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const lease: ResourceDefinition<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
};
