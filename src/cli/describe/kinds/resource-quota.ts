import type { ResourceQuota } from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { describeQuota } from '../limits.ts';

export function describeResourceQuota(quota: ResourceQuota, out: Description): void {
  out.field(0, 'Name', quota.metadata.name);
  out.field(0, 'Namespace', quota.metadata.namespace);
  describeQuota(out, quota, { within: false });
}
