import { isRecord } from '../../../lib/is-record.ts';
import { CommandError, defineCommand, UsageError } from '../../command.ts';
import { parseArguments } from '../../get/arguments.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import type { Objects } from '../../objects/open-objects.ts';

export const createJobCommand = defineCommand({
  usage: 'NAME --image=IMAGE [-- COMMAND [ARG...]] | NAME --from=cronjob/NAME',
  examples: [
    { does: 'A command that runs once', line: 'fairlead create job migrate --image=shop/tools -- ./migrate' },
    { does: 'Run a CronJob now', line: 'fairlead create job now --from=cronjob/nightly' },
  ],
  flags: {
    ...generateFlags,
    image: { type: 'string', value: 'IMAGE', description: 'what runs' },
    from: { type: 'string', value: 'cronjob/NAME', description: 'take what runs from a CronJob' },
  },
  arguments: { min: 1, max: Number.POSITIVE_INFINITY, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const [name = '', ...command] = args;
    const { image, from } = flags;
    if ((image === undefined) === (from === undefined)) throw new UsageError('one of --image and --from is needed');
    if (from !== undefined && command.length > 0) throw new UsageError('a command does not go with --from');
    const common = { namespaced: true, failure: 'failed to create job:' };
    const shape = { apiVersion: 'batch/v1', kind: 'Job' };
    return generate(invocation, async (objects) => {
      if (from !== undefined)
        return { ...common, object: { ...shape, ...(await jobOf(from, name, objects)), status: {} } };
      const container = { name, image, resources: {}, ...(command.length > 0 && { command }) };
      const spec = { template: { metadata: {}, spec: { containers: [container], restartPolicy: 'Never' } } };
      return { ...common, object: { ...shape, metadata: { name }, spec, status: {} } };
    });
  },
});

/** The job that a CronJob would make, as one that was made by hand. */
async function jobOf(from: string, name: string, objects: Objects) {
  const [wanted] = await parseArguments([from], objects.types);
  if (wanted?.name === undefined || wanted.type.kind !== 'CronJob') {
    throw new UsageError(`invalid --from "${from}": cronjob/NAME is needed`);
  }
  const { namespace } = objects.reader.config;
  const cronJob = await objects.call({ type: wanted.type, name: wanted.name, namespace }, { method: 'GET' });
  const template = isRecord(cronJob.spec) && isRecord(cronJob.spec.jobTemplate) ? cronJob.spec.jobTemplate : undefined;
  if (template === undefined) throw new CommandError(`CronJob "${wanted.name}" has no template`);
  const given = isRecord(template.metadata) ? template.metadata : {};
  const annotations = {
    'cronjob.kubernetes.io/instantiate': 'manual',
    ...(isRecord(given.annotations) ? given.annotations : {}),
  };
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    name: wanted.name,
    uid: cronJob.metadata.uid ?? '',
    controller: true,
  };
  return {
    metadata: {
      name,
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key, String(value)])),
      ...(isRecord(given.labels) && {
        labels: Object.fromEntries(Object.entries(given.labels).map(([key, value]) => [key, String(value)])),
      }),
      ownerReferences: [owner],
    },
    spec: template.spec,
  };
}
