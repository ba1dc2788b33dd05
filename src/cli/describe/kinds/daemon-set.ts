import type { DaemonSet } from '../../../api/types/apps-v1.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeLabels, labelLine } from '../labels.ts';
import { podCounts } from '../pod-counts.ts';
import { describePodTemplate } from '../pod-template.ts';
import type { Related } from '../related.ts';
import { selectorText } from '../selectors.ts';

export async function describeDaemonSet(
  { metadata, spec, status }: DaemonSet,
  out: Description,
  related: Related,
): Promise<void> {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.field(0, 'Selector', selectorText(spec?.selector));
  out.field(0, 'Node-Selector', labelLine(spec?.template.spec?.nodeSelector));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  const counts = {
    'Desired Number of Nodes Scheduled': status?.desiredNumberScheduled,
    'Current Number of Nodes Scheduled': status?.currentNumberScheduled,
    'Number of Nodes Scheduled with Up-to-date Pods': status?.updatedNumberScheduled,
    'Number of Nodes Scheduled with Available Pods': status?.numberAvailable,
    'Number of Nodes Misscheduled': status?.numberMisscheduled,
  };
  for (const [label, count = 0] of Object.entries(counts)) out.line(0, `${label}: ${count}`);
  out.field(0, 'Pods Status', await podCounts(metadata, spec?.selector, related));
  describePodTemplate(out, spec?.template);
}
