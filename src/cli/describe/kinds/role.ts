import type { ClusterRole, Role } from '../../../api/types/rbac-v1.ts';
import { accessRows } from '../../auth/access-rows.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

/** Of a Role or a ClusterRole: one row for what may be done to one resource. */
export function describeRole({ metadata, rules }: Role | ClusterRole, out: Description): void {
  describeMetadata(out, metadata, { clusterWide: true });
  out.line(0, 'PolicyRule:');
  const rows = accessRows({
    resourceRules: rules ?? [],
    nonResourceRules: rules ?? [],
  });
  out.table(1, ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'], rows);
}
