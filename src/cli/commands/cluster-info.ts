import { isReason, StatusError } from '../../api/status.ts';
import { openApiReader } from '../api-reader.ts';
import { listRunning } from '../cluster/record.ts';
import { defineCommand } from '../command.ts';
import { clusterServices } from '../get/cluster-services.ts';
import { escapeControls } from '../print/escape.ts';
import { formatStructured } from '../print/structured.ts';

export const clusterInfoCommand = defineCommand({
  usage: '',
  description:
    'Lists the services labelled kubernetes.io/cluster-service=true of kube-system (or of the namespace given by -n) with\n' +
    'their address through the API server. The exit code is 1 where you may not list them.',
  examples: [
    { does: 'The current cluster', line: 'fairlead cluster-info' },
    { does: 'Another one, for a program', line: 'fairlead cluster-info --context work -o json' },
  ],
  flags: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json', 'yaml'],
      description: 'print the facts in this form',
    },
  },
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const { globals, flags, io } = invocation;
    await using reader = await openApiReader(invocation);
    const { server } = reader.config;
    const found = await clusterServices(reader, globals.namespace ?? 'kube-system').catch((error: unknown) => {
      if (isReason(error, 'Forbidden')) return error;
      throw error;
    });
    // Who may not list them is still told the rest, before the refusal.
    const finish = (): number => {
      if (found instanceof StatusError) throw found;
      return 0;
    };
    const services = found instanceof StatusError ? [] : found;
    const gateway = (await listRunning(io.env)).find(({ apiUrl }) => apiUrl === server)?.gatewayUrl;
    if (flags.output === 'json' || flags.output === 'yaml') {
      const facts = { server, services, ...(gateway === undefined ? {} : { gateway }) };
      io.stdout.write(await formatStructured(facts, flags.output, io.stdout));
      return finish();
    }
    const running = [{ name: 'Kubernetes control plane', url: server }, ...services];
    if (gateway !== undefined) running.push({ name: 'Gateway', url: gateway });
    for (const { name, url } of running) io.stdout.write(escapeControls(`${name} is running at ${url}\n`));
    const context = globals.context === undefined ? '' : ` --context ${globals.context}`;
    const how = gateway === undefined ? `fairlead proxy${context}, then http://localhost:8001/` : gateway;
    io.stdout.write(`\nEvery service in the browser, each under its own name: ${how}\n`);
    return finish();
  },
});
