import type { ListenAddress } from '../../balancer/listen-address.ts';
import { parseListenAddress } from '../../balancer/listen-address.ts';
import { connectionsWithinOpenFiles } from '../../balancer/open-files.ts';
import type { Balancer } from '../../balancer/start.ts';
import { BalancerListenError, startBalancer } from '../../balancer/start.ts';
import type { StatusServer } from '../../balancer/status-server.ts';
import type { ServerFacts } from '../../client/api-servers.ts';
import type { ClientConfig } from '../../client/client-config.ts';
import { openServerGroup } from '../../client/open-api-servers.ts';
import type { ServerGroup } from '../../client/server-group.ts';
import { leastLoaded } from '../../net/balance/least-loaded.ts';
import { CommandError, defineCommand, UsageError } from '../command.ts';
import { clusterConfig } from '../connect.ts';
import { parseDuration } from '../duration.ts';
import { escapeControls } from '../print/escape.ts';

export const balanceCommand = defineCommand({
  usage: '',
  description:
    'Passes TCP connections through to the API servers: TLS ends there. A new connection goes to the server with the\n' +
    'fewest among those whose /readyz is ok, asked over TLS. Connections of a server that is not well go on for the\n' +
    'drain time. The servers are those of --server, else those of the kubeconfig; --discover-servers finds more.',
  examples: [
    {
      does: 'In front of three servers',
      line: 'fairlead balance --listen 0.0.0.0:6443 -s 10.0.0.1:6443 -s 10.0.0.2:6443 -s 10.0.0.3:6443 --certificate-authority ca.crt',
    },
    {
      does: "In front of all servers of the kubeconfig's cluster, with figures for Prometheus",
      line: 'fairlead balance --discover-servers --metrics-address 127.0.0.1:9101',
    },
  ],
  flags: {
    listen: {
      type: 'list',
      value: 'ADDRESS:PORT',
      description: 'where to listen; may be given several times (default 127.0.0.1:6443)',
    },
    'metrics-address': {
      type: 'string',
      value: 'ADDRESS:PORT',
      description: 'serve /metrics (Prometheus), /status (JSON) and /healthz there; a port alone is one of 127.0.0.1',
    },
    'drain-time': {
      type: 'string',
      value: 'TIME',
      description: 'how long connections go on when their server is not well, or the balancer stops (default 60s)',
    },
    'connect-timeout': {
      type: 'string',
      value: 'TIME',
      description: 'when a server does not take a connection in this time another one is tried (default 5s)',
    },
    'max-connections': {
      type: 'integer',
      value: 'N',
      description: 'further connections are closed at once (default 20000, or as many as ulimit -n allows)',
    },
    'proxy-protocol': {
      type: 'string',
      value: 'VERSION',
      choices: ['v1', 'v2'],
      description: 'tell servers the addresses of clients by a PROXY header, which kube-apiserver does not understand',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json'],
      description: 'print the facts in this form',
    },
  },
  arguments: { min: 0, max: 0 },
  globals: ['certificate-authority', 'context', 'discover-servers', 'kubeconfig', 'server', 'tls-server-name'],
  async run({ flags, globals, io, signal }) {
    const listen = (flags.listen.length > 0 ? flags.listen : ['127.0.0.1:6443']).map((text) =>
      address(text, '--listen'),
    );
    const metrics = flags['metrics-address'];
    const metricsAddress =
      metrics === undefined
        ? undefined
        : address(/^\d+$/.test(metrics) ? `127.0.0.1:${metrics}` : metrics, '--metrics-address');
    const maxConnections = flags['max-connections'];
    if (maxConnections !== undefined && maxConnections < 1) {
      throw new UsageError(`invalid --max-connections ${maxConnections}: at least 1`);
    }
    const drainMs = time(flags['drain-time'], '--drain-time');
    const connectTimeoutMs = time(flags['connect-timeout'], '--connect-timeout');
    if (connectTimeoutMs === 0) throw new UsageError('invalid --connect-timeout 0: some time is needed');
    const version = flags['proxy-protocol'];
    const config = await clusterConfig(globals, io);
    refuseUnfit(config);

    await using group = openServerGroup(config, { policy: leastLoaded, timing: { firstAfterMs: 0 } });
    const say = (line: string): void => void io.stderr.write(escapeControls(`${line}\n`));
    reportChanges(group, say);
    let balancer: Balancer | undefined;
    let status: StatusServer | undefined;
    try {
      balancer = await startBalancer({
        group,
        listen,
        signal,
        maxConnections: await withinOpenFiles(maxConnections, say),
        ...(drainMs !== undefined && { drainMs }),
        ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
        ...((version === 'v1' || version === 'v2') && { proxyProtocol: version }),
      });
      const running = balancer;
      if (metricsAddress !== undefined) {
        const { startStatusServer } = await import('../../balancer/status-server.ts');
        status = await startStatusServer(metricsAddress, () => running.status());
      }
      const servers = group.list().map(({ url }) => url);
      const facts = { addresses: balancer.addresses, servers, ...(status && { metrics: status.address }) };
      if (flags.output === 'json') io.stdout.write(`${JSON.stringify({ ...facts, pid: process.pid }, null, 2)}\n`);
      else io.stdout.write(summary(facts));
      if (signal.aborted) say('stopping');
      else signal.addEventListener('abort', () => say('stopping: connections are left to end'), { once: true });
      await balancer.closed;
      return 0;
    } catch (error) {
      if (error instanceof BalancerListenError) throw new CommandError(error.message);
      throw error;
    } finally {
      await status?.[Symbol.asyncDispose]();
      await balancer?.[Symbol.asyncDispose]();
    }
  },
});

const usualMaximum = 20_000;

/** Beyond the limit of open files servers would seem to refuse connections. */
async function withinOpenFiles(wanted: number | undefined, say: (line: string) => void): Promise<number> {
  const possible = (await connectionsWithinOpenFiles()) ?? Number.POSITIVE_INFINITY;
  if (wanted !== undefined && wanted > possible) {
    say(`warning: the limit of open files (ulimit -n) allows ${possible} connections, fewer than --max-connections`);
  }
  return Math.min(wanted ?? usualMaximum, possible);
}

/** What a balancer of TCP connections cannot do. */
function refuseUnfit({ server, servers = [], proxy }: ClientConfig): void {
  if (proxy !== undefined) {
    throw new CommandError(
      'balance connects to API servers directly: it cannot use proxy-url, HTTPS_PROXY or HTTP_PROXY',
    );
  }
  for (const url of [server, ...servers]) {
    if (new URL(url).pathname !== '/') {
      throw new CommandError(`balance passes connections through as they are: it cannot add the path of ${url}`);
    }
    if (!url.startsWith('https://')) {
      throw new CommandError(`balance is for servers that speak TLS: ${url} is not https`);
    }
  }
}

function reportChanges(group: ServerGroup, say: (line: string) => void): void {
  let known = new Set(group.list().map(({ url }) => url));
  group.subscribe(({ url, state, lastError }: ServerFacts) => {
    const now = new Set(group.list().map((facts) => facts.url));
    const what = !known.has(url)
      ? 'was found in the cluster'
      : !now.has(url)
        ? 'is no endpoint of the cluster any more'
        : state === 'ready'
          ? 'is ready'
          : `is ${state}: ${lastError ?? ''}`;
    known = now;
    say(`${new Date().toISOString()} ${url} ${what}`);
  });
}

function summary({
  addresses,
  servers,
  metrics,
}: {
  addresses: readonly string[];
  servers: readonly string[];
  metrics?: string;
}) {
  return [
    `Balancing ${addresses.join(', ')} over ${servers.length} API server${servers.length === 1 ? '' : 's'}: ${servers.join(', ')}`,
    ...(metrics === undefined ? [] : [`Figures at http://${metrics}/metrics and http://${metrics}/status`]),
    '',
  ].join('\n');
}

function address(text: string, flag: string): ListenAddress {
  const parsed = parseListenAddress(text);
  if (parsed === undefined) {
    throw new UsageError(`invalid ${flag} "${text}": ADDRESS:PORT is needed, such as 127.0.0.1:6443 or [::]:6443`);
  }
  return parsed;
}

function time(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text, flag);
  if (milliseconds < 0) throw new UsageError(`invalid ${flag} "${text}": a time from 0 on is needed`);
  return milliseconds;
}
