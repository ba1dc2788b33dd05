import { defineCommand, UsageError } from '../../command.ts';
import { containersOf } from '../../objects/containers.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createDeploymentCommand = defineCommand({
  usage: 'NAME --image=IMAGE [-- COMMAND [ARG...]]',
  examples: [
    {
      does: 'Two pods of a built-in image',
      line: 'fairlead create deployment hello --image=fairlead.local/echo --replicas=2',
    },
    {
      does: 'Its manifest, to begin a file with',
      line: 'fairlead create deployment web --image=nginx --dry-run=client -o yaml',
    },
  ],
  flags: {
    ...generateFlags,
    image: { type: 'list', commas: true, value: 'IMAGE', description: 'image of a container; one for each container' },
    replicas: { type: 'integer', short: 'r', value: 'N', description: 'how many pods (default 1)' },
    port: { type: 'integer', value: 'PORT', description: 'port that the first container listens on' },
  },
  arguments: { min: 1, max: Number.POSITIVE_INFINITY, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const [name = '', ...command] = args;
    if (flags.image.length === 0) throw new UsageError('--image is needed: what shall run?');
    if (flags.image.length > 1 && command.length > 0) throw new UsageError('a command goes with a single --image');
    const labels = { app: name };
    const containers = containersOf(flags.image, { command, port: flags.port });
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create deployment:',
      object: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, labels },
        spec: {
          replicas: flags.replicas ?? 1,
          selector: { matchLabels: labels },
          strategy: {},
          template: { metadata: { labels }, spec: { containers } },
        },
        status: {},
      },
    }));
  },
});
