import { StatusError } from '../../../api/status.ts';
import type { ReplicaSet } from '../../../api/types/apps-v1.ts';
import { describeReasons } from '../conditions.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeController, describeLabels } from '../labels.ts';
import { podCounts } from '../pod-counts.ts';
import { describePodTemplate } from '../pod-template.ts';
import type { Related } from '../related.ts';
import { shownSelector } from '../selectors.ts';

export async function describeReplicaSet(
  { metadata, spec, status }: ReplicaSet,
  out: Description,
  related: Related,
): Promise<void> {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.field(0, 'Selector', shownSelector(spec?.selector));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  describeController(out, metadata);
  out.field(0, 'Replicas', `${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired`);
  out.field(0, 'Pods Status', await podCounts(metadata, spec?.selector, related).catch(refusal));
  describePodTemplate(out, spec?.template);
  describeReasons(out, status?.conditions);
}

function refusal(error: unknown): string {
  if (error instanceof StatusError) return `error in fetching pods: ${error.message}`;
  throw error;
}
