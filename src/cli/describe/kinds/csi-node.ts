import type { CSINode } from '../../../api/types/storage-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';
import { mailTime } from '../times.ts';
import { sliceText } from '../values.ts';

export function describeCsiNode({ metadata, spec }: CSINode, out: Description): void {
  describeMetadata(out, metadata, { clusterWide: true });
  out.field(0, 'CreationTimestamp', mailTime(metadata.creationTimestamp));
  out.line(0, 'Spec:');
  if (!spec.drivers) return;
  out.line(1, 'Drivers:');
  for (const { name, nodeID, allocatable, topologyKeys } of spec.drivers) {
    out.line(2, `${name}:`);
    out.field(3, 'Node ID', nodeID);
    if (allocatable?.count !== undefined) {
      out.line(3, 'Allocatables:');
      out.field(4, 'Count', allocatable.count);
    }
    if (topologyKeys) out.field(3, 'Topology Keys', sliceText(topologyKeys));
  }
}
