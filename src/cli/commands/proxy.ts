import { resolve } from 'node:path';
import type { GatewayContext } from '../../gateway/contexts.ts';
import type { ServiceTarget } from '../../gateway/destination.ts';
import type { FixedPort } from '../../gateway/forward-spec.ts';
import { parseFixedPort, parseServiceTarget } from '../../gateway/forward-spec.ts';
import { startGateway } from '../../gateway/start.ts';
import type { ClusterFacts } from '../../ui/server.ts';
import { uiHandler } from '../../ui/server.ts';
import { checkServer } from '../check-server.ts';
import { defineCommand, UsageError } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { apiRuleFlags, apiRules } from '../proxy/api-rules.ts';
import { keepAliveTime, listenFlags, listenPlace, servingLine } from '../proxy/listen-flags.ts';
import { openContexts } from '../proxy/open-contexts.ts';

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
    { does: 'Two clusters at once', line: 'fairlead proxy --context staging --context production' },
    { does: 'A database on a port of its own', line: 'fairlead proxy --forward shop/db:5432=15432' },
    {
      does: 'kubectl, Helm and operators through the gateway, which keeps the credentials',
      line: 'fairlead proxy --kubeconfig-out gateway.yaml',
    },
    { does: 'A service in curl', line: 'curl http://web.shop.localhost:8001/' },
  ],
  flags: {
    context: {
      type: 'list',
      value: 'NAME',
      description:
        'context to serve, several times for several; the first has the short host names (default: the current one)',
    },
    'all-contexts': { type: 'boolean', description: 'serve every context of the kubeconfig, the current one first' },
    forward: {
      type: 'list',
      value: 'SERVICE=PORT',
      description:
        'a local port for one service, for tools without proxy settings, several times for several: [ALIAS/]NAMESPACE/SERVICE[:PORT]=LOCALPORT',
    },
    https: {
      type: 'list',
      value: 'SERVICE',
      description:
        'this service speaks TLS, though neither its port (https, https-…, 443) nor appProtocol says so: [ALIAS/]NAMESPACE/SERVICE[:PORT]',
    },
    'kubeconfig-out': {
      type: 'string',
      value: 'FILE',
      description:
        'write a kubeconfig that leads through this gateway, for kubectl, Helm and others: exec, cp and port-forward too; removed at the end',
    },
    ...listenFlags,
    ...apiRuleFlags,
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io, signal }) {
    const log = (line: string): void => void io.stderr.write(`${escapeControls(line)}\n`);
    const listen = listenPlace(flags, io.cwd);
    const keepAliveMs = keepAliveTime(flags);
    const rules = await apiRules(flags, { cwd: io.cwd, warn: log });
    const fixedPorts = flags.forward.map(fixedPort);
    const https = flags.https.map(httpsService);
    const choice = { contexts: flags.context, all: flags['all-contexts'] === true, globals };
    await using opened = await openContexts(choice, io);
    const [first] = opened.contexts;
    const serverPath = new URL(first.config.server).pathname;
    if (rules.appendServerPath === false && serverPath !== '/')
      log(`Requests go without the server path ${serverPath} (--append-server-path=false).`);
    await using gateway = await startGateway({
      contexts: opened.contexts,
      unusable: opened.unusable,
      fixedPorts,
      https,
      ...(flags['kubeconfig-out'] !== undefined && { kubeconfigFile: resolve(io.cwd, flags['kubeconfig-out']) }),
      listen,
      exposeWithoutPassword: flags['expose-without-password'] === true,
      rules,
      ...(keepAliveMs !== undefined && { keepAliveMs }),
      page: uiHandler({ client: first.client, facts: factsOf(first), signal }),
      signal,
      log,
    });
    io.stdout.write(`${servingLine(listen, gateway.port)}\n`);
    if (gateway.url !== undefined) io.stdout.write(`Every service, one click away: ${gateway.url}\n`);
    if (flags['kubeconfig-out'] !== undefined)
      io.stdout.write(`For kubectl and others: export KUBECONFIG=${flags['kubeconfig-out']}\n`);
    for (const { to, port: at } of gateway.fixedPorts) io.stdout.write(`Forwarding localhost:${at} to ${to}\n`);
    // What is wrong is said now, not at the first click; it may pass, so nothing ends for it.
    const checks = opened.contexts.map(({ name, config: { server }, client }) => {
      const about = opened.contexts.length === 1 ? '' : `context "${name}": `;
      return checkServer({ client, server, signal, about, warn: log });
    });
    await Promise.all([gateway.closed, ...checks]);
    return 0;
  },
});

function fixedPort(text: string): FixedPort {
  const parsed = parseFixedPort(text);
  if (parsed !== undefined) return parsed;
  throw new UsageError(
    `invalid --forward "${text}": write [ALIAS/]NAMESPACE/SERVICE[:PORT]=LOCALPORT, such as shop/db:5432=15432`,
  );
}

function httpsService(text: string): ServiceTarget {
  const parsed = parseServiceTarget(text);
  if (parsed !== undefined) return parsed;
  throw new UsageError(`invalid --https "${text}": write [ALIAS/]NAMESPACE/SERVICE[:PORT], such as shop/web:ui`);
}

function factsOf({ name, config }: GatewayContext): ClusterFacts {
  const { server, origin } = config;
  return { cluster: origin?.cluster ?? server, server, ...(name && { context: name }) };
}
