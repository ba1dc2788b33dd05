import type { Role } from '../../api/types/rbac-v1.ts';
import { complainAboutPathSegment } from '../../api/validation/names.ts';
import { createdAtColumn, nameColumn } from './columns.ts';
import { validateRules } from './rbac-rules.ts';
import type { ResourceDefinition } from './resource.ts';

export const role: ResourceDefinition<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  createdByUpdate: true,
  validateName: complainAboutPathSegment,
  validate: ({ rules }) => validateRules(rules, true),
  columns: [nameColumn, createdAtColumn],
};
