import type { Role } from '../../api/types/rbac-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const role: ResourceDefinition<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
};
