import type { ClusterRole } from '../../api/types/rbac-v1.ts';
import { required } from '../../api/validation/field-errors.ts';
import { validateLabelSelector } from '../../api/validation/metadata.ts';
import { complainAboutPathSegment } from '../../api/validation/names.ts';
import { createdAtColumn, nameColumn } from './columns.ts';
import { validateRules } from './rbac-rules.ts';
import type { ResourceDefinition } from './resource.ts';

export const clusterRole: ResourceDefinition<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  createdByUpdate: true,
  validateName: complainAboutPathSegment,
  validate: ({ rules, aggregationRule }) => [
    ...validateRules(rules, false),
    ...(aggregationRule !== undefined && (aggregationRule.clusterRoleSelectors ?? []).length === 0
      ? [
          required(
            'aggregationRule.clusterRoleSelectors',
            'at least one clusterRoleSelector required if aggregationRule is non-nil',
          ),
        ]
      : []),
    ...(aggregationRule?.clusterRoleSelectors ?? []).flatMap((selector, index) =>
      validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`),
    ),
  ],
  columns: [nameColumn, createdAtColumn],
};
