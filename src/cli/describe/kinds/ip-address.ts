import type { IPAddress } from '../../../api/types/networking-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

export function describeIpAddress({ metadata, spec }: IPAddress, out: Description): void {
  describeMetadata(out, metadata, { clusterWide: true });
  const { group, resource, namespace, name } = spec.parentRef;
  out.line(0, 'Parent Reference:');
  out.field(1, 'Group', group);
  out.field(1, 'Resource', resource);
  out.field(1, 'Namespace', namespace);
  out.field(1, 'Name', name);
}
