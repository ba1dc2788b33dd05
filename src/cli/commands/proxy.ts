import { openClusterClient } from '../../client/cluster-client-http.ts';
import { nameContexts } from '../../gateway/contexts.ts';
import { startGateway } from '../../gateway/start.ts';
import { uiHandler } from '../../ui/server.ts';
import { checkServer } from '../check-server.ts';
import { defineCommand, UsageError } from '../command.ts';
import { clusterConfig } from '../connect.ts';

export const proxyCommand = defineCommand({
  usage: '',
  summary: "Lead to the cluster's API, and to each of its services by a host name of its own",
  description:
    'Serves on localhost only, with your rights: /api/… as kubectl proxy does, a page of all services at /, and every\n' +
    'service at http://SERVICE.NAMESPACE.localhost:PORT/ (in full: [PORT.]SERVICE.NAMESPACE.svc.localhost), through\n' +
    'port-forwards to ready pods that follow restarts.',
  examples: [
    { does: 'The page of the current context', line: 'fairlead proxy' },
    { does: 'Another context, on any free port', line: 'fairlead proxy --context staging --port 0' },
    { does: 'A service in curl', line: 'curl http://web.shop.localhost:8001/' },
  ],
  flags: {
    port: { type: 'integer', short: 'p', value: 'N', description: 'port to listen on; 0: any free one (default 8001)' },
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io, signal }) {
    const port = flags.port ?? 8001;
    if (port < 0 || port > 65_535) throw new UsageError(`invalid --port ${port}: from 0 to 65535`);
    const config = await clusterConfig(globals, io);
    await using client = openClusterClient(config);
    const { context, cluster } = config.origin ?? {};
    const facts = { cluster: cluster ?? config.server, server: config.server, ...(context && { context }) };
    await using gateway = await startGateway({
      contexts: nameContexts([{ name: context, config, client }]),
      listen: { port },
      page: uiHandler({ client, facts, signal }),
      signal,
      log: (line) => io.stderr.write(`${line}\n`),
    });
    // kubectl proxy's own line: scripts wait for it.
    io.stdout.write(`Starting to serve on 127.0.0.1:${gateway.port}\n`);
    io.stdout.write(`Every service, one click away: ${gateway.url}\n`);
    // What is wrong is said now, not at the first click; it may pass, so nothing ends for it.
    const warn = (sentence: string): void => void io.stderr.write(`${sentence}\n`);
    await Promise.all([gateway.closed, checkServer({ client, server: config.server, signal, warn })]);
    return 0;
  },
});
