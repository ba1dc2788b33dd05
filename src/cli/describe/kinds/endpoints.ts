import type { Endpoints } from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

export function describeEndpoints({ metadata, subsets = [] }: Endpoints, out: Description): void {
  describeMetadata(out, metadata);
  out.line(0, 'Subsets:');
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    out.field(1, 'Addresses', addresses.map(({ ip }) => ip).join(',') || '<none>');
    out.field(1, 'NotReadyAddresses', notReadyAddresses.map(({ ip }) => ip).join(',') || '<none>');
    if (ports.length > 0) {
      out.line(1, 'Ports:');
      const rows = ports.map(({ name, port, protocol = '' }) => [name || '<unset>', String(port), protocol]);
      out.table(2, ['Name', 'Port', 'Protocol'], rows);
    }
    out.line(0);
  }
}
