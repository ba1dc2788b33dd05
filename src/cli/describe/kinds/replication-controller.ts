import type { ReplicationController } from '../../../api/types/core-v1.ts';
import { describeReasons } from '../conditions.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeLabels, labelLine } from '../labels.ts';
import { podCounts } from '../pod-counts.ts';
import { describePodTemplate } from '../pod-template.ts';
import type { Related } from '../related.ts';

export async function describeReplicationController(
  { metadata, spec, status }: ReplicationController,
  out: Description,
  related: Related,
): Promise<void> {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.field(0, 'Selector', labelLine(spec?.selector));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  out.field(0, 'Replicas', `${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired`);
  out.field(0, 'Pods Status', await podCounts(metadata, { matchLabels: spec?.selector }, related));
  describePodTemplate(out, spec?.template);
  describeReasons(out, status?.conditions);
}
