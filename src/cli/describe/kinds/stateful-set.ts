import type { StatefulSet } from '../../../api/types/apps-v1.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeLabels } from '../labels.ts';
import { describeClaimTemplates } from '../persistent-volume-claims.ts';
import { podCounts } from '../pod-counts.ts';
import { describePodTemplate } from '../pod-template.ts';
import type { Related } from '../related.ts';
import { selectorText } from '../selectors.ts';
import { mailTime } from '../times.ts';

export async function describeStatefulSet(
  { metadata, spec, status }: StatefulSet,
  out: Description,
  related: Related,
): Promise<void> {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.field(0, 'CreationTimestamp', mailTime(metadata.creationTimestamp));
  out.field(0, 'Selector', selectorText(spec?.selector));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  out.field(0, 'Replicas', `${spec?.replicas ?? 0} desired | ${status?.replicas ?? 0} total`);
  out.field(0, 'Update Strategy', spec?.updateStrategy?.type);
  const rolling = spec?.updateStrategy?.rollingUpdate;
  if (rolling?.partition !== undefined) {
    out.field(1, 'Partition', rolling.partition);
    out.optional(1, 'MaxUnavailable', rolling.maxUnavailable);
  }
  out.field(0, 'Pods Status', await podCounts(metadata, spec?.selector, related));
  describePodTemplate(out, spec?.template);
  describeClaimTemplates(out, spec?.volumeClaimTemplates);
}
