import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createCronjobCommand = defineCommand({
  usage: "NAME --image=IMAGE --schedule='0 3 * * *' [-- COMMAND [ARG...]]",
  examples: [
    {
      does: 'Every night at three',
      line: "fairlead create cronjob backup --image=shop/tools --schedule='0 3 * * *' -- ./backup",
    },
  ],
  flags: {
    ...generateFlags,
    image: { type: 'string', value: 'IMAGE', description: 'what runs' },
    schedule: { type: 'string', value: 'TIMES', description: 'when: minute, hour, day of month, month, day of week' },
    restart: {
      type: 'string',
      value: 'WHEN',
      choices: ['OnFailure', 'Never'],
      description: 'when its container runs again (default OnFailure)',
    },
  },
  arguments: { min: 1, max: Number.POSITIVE_INFINITY, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const [name = '', ...command] = args;
    const { image, schedule, restart = 'OnFailure' } = flags;
    if (image === undefined || schedule === undefined) throw new UsageError('--image and --schedule are needed');
    const container = { name, image, resources: {}, ...(command.length > 0 && { command }) };
    const template = { metadata: {}, spec: { containers: [container], restartPolicy: restart } };
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create cronjob:',
      object: {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name },
        spec: { jobTemplate: { metadata: { name }, spec: { template } }, schedule },
        status: {},
      },
    }));
  },
});
