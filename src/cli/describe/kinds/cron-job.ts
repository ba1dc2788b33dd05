import type { CronJob } from '../../../api/types/batch-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';
import { describePodTemplate } from '../pod-template.ts';
import { selectorText } from '../selectors.ts';
import { mailTime } from '../times.ts';
import { trueOrFalse } from '../values.ts';

export function describeCronJob({ metadata, spec, status }: CronJob, out: Description): void {
  describeMetadata(out, metadata);
  out.field(0, 'Schedule', spec.schedule);
  out.field(0, 'Concurrency Policy', spec.concurrencyPolicy);
  out.field(0, 'Suspend', trueOrFalse(spec.suspend));
  out.field(0, 'Time Zone', spec.timeZone ?? '<unset>');
  out.field(0, 'Successful Job History Limit', spec.successfulJobsHistoryLimit ?? '<unset>');
  out.field(0, 'Failed Job History Limit', spec.failedJobsHistoryLimit ?? '<unset>');
  const { startingDeadlineSeconds: deadline } = spec;
  out.field(0, 'Starting Deadline Seconds', deadline === undefined ? '<unset>' : `${deadline}s`);
  const job = spec.jobTemplate.spec;
  out.field(0, 'Selector', job?.selector === undefined ? '<unset>' : selectorText(job.selector));
  out.field(0, 'Parallelism', job?.parallelism ?? '<unset>');
  out.field(0, 'Completions', job?.completions ?? '<unset>');
  if (job?.activeDeadlineSeconds !== undefined) {
    out.field(0, 'Active Deadline Seconds', `${job.activeDeadlineSeconds}s`);
  }
  describePodTemplate(out, job?.template);
  out.field(0, 'Last Schedule Time', status?.lastScheduleTime ? mailTime(status.lastScheduleTime) : '<unset>');
  out.field(0, 'Active Jobs', (status?.active ?? []).map(({ name }) => name).join(', ') || '<none>');
}
