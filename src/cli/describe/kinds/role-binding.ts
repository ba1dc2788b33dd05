import type { ClusterRoleBinding, RoleBinding } from '../../../api/types/rbac-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

/** Of a RoleBinding or a ClusterRoleBinding. */
export function describeRoleBinding(binding: RoleBinding | ClusterRoleBinding, out: Description): void {
  const { metadata, roleRef, subjects = [] } = binding;
  describeMetadata(out, metadata, { clusterWide: true });
  out.line(0, 'Role:');
  out.field(1, 'Kind', roleRef.kind);
  out.field(1, 'Name', roleRef.name);
  out.line(0, 'Subjects:');
  const rows = subjects.map(({ kind, name, namespace = '' }) => [kind, name, namespace]);
  out.table(1, ['Kind', 'Name', 'Namespace'], rows);
}
