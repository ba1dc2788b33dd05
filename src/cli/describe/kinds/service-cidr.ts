import type { ServiceCIDR } from '../../../api/types/networking-v1.ts';
import { describeConditions } from '../conditions.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

export function describeServiceCidr({ metadata, spec, status }: ServiceCIDR, out: Description): void {
  describeMetadata(out, metadata, { clusterWide: true });
  out.field(0, 'CIDRs', (spec?.cidrs ?? []).join(', '));
  const { conditions = [] } = status ?? {};
  if (conditions.length === 0) return;
  out.line(0, 'Status:');
  describeConditions(out, conditions);
}
