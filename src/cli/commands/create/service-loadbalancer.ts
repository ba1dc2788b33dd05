import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { parsePorts, serviceObject, tcpFlag } from '../../objects/service-ports.ts';

export const createServiceLoadbalancerCommand = defineCommand({
  usage: 'NAME --tcp=PORT[:TARGET]',
  examples: [
    {
      does: 'Port 443 leads to the port named https',
      line: 'fairlead create service loadbalancer web --tcp=443:https',
    },
  ],
  flags: { ...generateFlags, ...tcpFlag },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run(invocation) {
    const ports = parsePorts(invocation.flags.tcp);
    if (ports.length === 0) throw new UsageError('--tcp is needed: at least one port');
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create LoadBalancer service:',
      object: serviceObject(invocation.args[0] ?? '', { type: 'LoadBalancer', ports }),
    }));
  },
});
