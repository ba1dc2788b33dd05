import type { ClusterRoleBinding } from '../../api/types/rbac-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const clusterRoleBinding: ResourceDefinition<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
};
