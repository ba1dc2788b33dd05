import type { Job } from '../../../api/types/batch-v1.ts';
import { humanDuration } from '../../../apiserver/table/human-duration.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeController, describeLabels } from '../labels.ts';
import { describePodTemplate } from '../pod-template.ts';
import { selectorText } from '../selectors.ts';
import { mailTime } from '../times.ts';

export function describeJob({ metadata, spec, status = {} }: Job, out: Description): void {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.field(0, 'Selector', selectorText(spec?.selector));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  describeController(out, metadata);
  out.optional(0, 'Parallelism', spec?.parallelism);
  out.field(0, 'Completions', spec?.completions ?? '<unset>');
  out.optional(0, 'Completion Mode', spec?.completionMode);
  out.optional(0, 'Suspend', spec?.suspend);
  out.optional(0, 'Backoff Limit', spec?.backoffLimit);
  out.optional(0, 'TTL Seconds After Finished', spec?.ttlSecondsAfterFinished);
  const { startTime, completionTime, active = 0, ready, succeeded = 0, failed = 0 } = status;
  if (startTime) out.field(0, 'Start Time', mailTime(startTime));
  if (completionTime) out.field(0, 'Completed At', mailTime(completionTime));
  if (startTime && completionTime) {
    out.field(0, 'Duration', humanDuration(Date.parse(completionTime) - Date.parse(startTime)));
  }
  if (spec?.activeDeadlineSeconds !== undefined) {
    out.field(0, 'Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  }
  const readyText = ready === undefined ? '' : ` (${ready} Ready)`;
  out.field(0, 'Pods Statuses', `${active} Active${readyText} / ${succeeded} Succeeded / ${failed} Failed`);
  if (spec?.completionMode === 'Indexed') out.field(0, 'Completed Indexes', indexes(status.completedIndexes));
  describePodTemplate(out, spec?.template);
}

const longest = 50;

/** Cut after the comma that follows. */
function indexes(list = ''): string {
  if (list === '') return '<none>';
  const comma = list.indexOf(',', longest);
  return comma < 0 ? list : `${list.slice(0, comma + 1)}...`;
}
