import type { ClusterRole } from '../../api/types/rbac-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const clusterRole: ResourceDefinition<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
};
