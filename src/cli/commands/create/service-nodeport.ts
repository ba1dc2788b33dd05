import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { parsePorts, serviceObject, tcpFlag } from '../../objects/service-ports.ts';

export const createServiceNodeportCommand = defineCommand({
  usage: 'NAME --tcp=PORT[:TARGET]',
  examples: [
    { does: 'With a chosen port', line: 'fairlead create service nodeport web --tcp=80:8080 --node-port=30080' },
  ],
  flags: {
    ...generateFlags,
    ...tcpFlag,
    'node-port': { type: 'integer', value: 'PORT', description: 'the port on the nodes; 0: the cluster chooses' },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const parsed = parsePorts(flags.tcp);
    if (parsed.length === 0) throw new UsageError('--tcp is needed: at least one port');
    const nodePort = flags['node-port'] ?? 0;
    const ports = parsed.map((port) => (nodePort === 0 ? port : { ...port, nodePort }));
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create NodePort service:',
      object: serviceObject(args[0] ?? '', { type: 'NodePort', ports }),
    }));
  },
});
