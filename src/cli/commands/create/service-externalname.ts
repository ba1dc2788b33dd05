import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { parsePorts, serviceObject, tcpFlag } from '../../objects/service-ports.ts';

export const createServiceExternalnameCommand = defineCommand({
  usage: 'NAME --external-name=HOST',
  examples: [
    {
      does: 'A name for a database elsewhere',
      line: 'fairlead create service externalname db --external-name=db.example.com',
    },
  ],
  flags: {
    ...generateFlags,
    ...tcpFlag,
    'external-name': { type: 'string', value: 'HOST', description: 'the host that it stands for' },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const externalName = flags['external-name'];
    if (externalName === undefined)
      throw new UsageError('--external-name is needed: the host that the Service stands for');
    const ports = parsePorts(flags.tcp);
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create ExternalName service:',
      object: serviceObject(args[0] ?? '', { type: 'ExternalName', externalName, ports }),
    }));
  },
});
