/** From the flags of `proxy` that kubectl has not to what the gateway leads to, and how. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { ServiceTarget } from '../../gateway/destination.ts';
import type { FixedPort } from '../../gateway/forward-spec.ts';
import { parseFixedPort, parseServiceTarget } from '../../gateway/forward-spec.ts';
import type { ListenPlace } from '../../gateway/listeners.ts';
import type { GatewayOptions } from '../../gateway/start.ts';
import { UsageError } from '../command.ts';
import type { FlagTable, FlagValues } from '../flags.ts';

export const leadFlags = {
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
  'metrics-address': {
    type: 'string',
    value: 'IP:PORT',
    description: 'serve /metrics for Prometheus on this address too, and nothing else there',
  },
} as const satisfies FlagTable;

type Flags = FlagValues<typeof leadFlags>;

/** Throws UsageError. */
export function leadOptions(
  flags: Flags,
  { cwd, listen }: { cwd: string; listen: ListenPlace },
): Pick<GatewayOptions, 'fixedPorts' | 'https' | 'kubeconfigFile' | 'metricsAddress'> {
  const file = flags['kubeconfig-out'];
  if (file !== undefined && 'unixSocket' in listen)
    throw new UsageError('--kubeconfig-out needs a port: clients of a kubeconfig do not connect to a unix socket');
  const metrics = flags['metrics-address'];
  const fixedPorts = flags.forward.map(fixedPort);
  refusePortsTwice(flags.forward, fixedPorts, listen);
  return {
    fixedPorts,
    https: flags.https.map(httpsService),
    ...(file !== undefined && { kubeconfigFile: resolve(cwd, file) }),
    ...(metrics !== undefined && { metricsAddress: metricsAddress(metrics) }),
  };
}

function fixedPort(text: string): FixedPort {
  const parsed = parseFixedPort(text);
  if (parsed !== undefined) return parsed;
  throw new UsageError(
    `invalid --forward "${text}": write [ALIAS/]NAMESPACE/SERVICE[:PORT]=LOCALPORT, such as shop/db:5432=15432`,
  );
}

/** Where `--forward` listens, on both loopback addresses, the gateway itself may want the port. */
const meetsLoopback = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'];

function refusePortsTwice(texts: readonly string[], ports: readonly FixedPort[], listen: ListenPlace): void {
  const holders = new Map<number, string>();
  if ('port' in listen && meetsLoopback.includes(listen.host)) holders.set(listen.port, 'the gateway itself (--port)');
  for (const [i, { localPort }] of ports.entries()) {
    const text = texts[i] ?? '';
    const holder = holders.get(localPort);
    if (localPort !== 0 && holder !== undefined)
      throw new UsageError(
        `--forward "${text}" asks for port ${localPort}, which ${holder} has as well: give one of them another port, or 0 for any free one`,
      );
    holders.set(localPort, `--forward "${text}"`);
  }
}

function httpsService(text: string): ServiceTarget {
  const parsed = parseServiceTarget(text);
  if (parsed !== undefined) return parsed;
  throw new UsageError(`invalid --https "${text}": write [ALIAS/]NAMESPACE/SERVICE[:PORT], such as shop/web:ui`);
}

function metricsAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? (plain === '' ? '0.0.0.0' : plain === 'localhost' ? '127.0.0.1' : plain);
  if (isIP(host) !== 0 && port !== '' && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new UsageError(`invalid --metrics-address "${text}": write IP:PORT, such as 127.0.0.1:9090, or :9090 for all`);
}
