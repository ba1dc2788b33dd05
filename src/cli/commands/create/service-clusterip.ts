import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { parsePorts, serviceObject, tcpFlag } from '../../objects/service-ports.ts';

export const createServiceClusteripCommand = defineCommand({
  usage: 'NAME --tcp=PORT[:TARGET]',
  examples: [
    { does: 'Port 80 leads to 8080 of the pods', line: 'fairlead create service clusterip web --tcp=80:8080' },
    { does: 'A headless one', line: 'fairlead create service clusterip db --clusterip=None' },
  ],
  flags: {
    ...generateFlags,
    ...tcpFlag,
    clusterip: { type: 'string', value: 'IP', description: 'a chosen address, or None for a headless Service' },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const ports = parsePorts(flags.tcp);
    if (ports.length === 0 && flags.clusterip !== 'None') throw new UsageError('--tcp is needed: at least one port');
    const clusterIP = flags.clusterip === undefined ? {} : { clusterIP: flags.clusterip };
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create ClusterIP service:',
      object: serviceObject(args[0] ?? '', { type: 'ClusterIP', ...clusterIP, ports }),
    }));
  },
});
