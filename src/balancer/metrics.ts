/** A balancer's state in the text format of Prometheus. */

import { serverStates } from '../net/health/health.ts';
import type { BalancerStatus } from './start.ts';

interface Metric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/** Of the media type `text/plain; version=0.0.4`. */
export function metricsText(status: BalancerStatus): string {
  return metricsOf(status).map(textOf).join('');
}

function metricsOf({ connections, refused, unserved, servers }: BalancerStatus): Metric[] {
  const each = (value: (server: BalancerStatus['servers'][number]) => number) =>
    servers.map((server) => [{ server: server.url }, value(server)] as const);
  return [
    { name: 'connections', type: 'gauge', help: 'Connections of clients now.', samples: [[{}, connections]] },
    {
      name: 'refused_total',
      type: 'counter',
      help: 'Connections closed at once, as there were too many.',
      samples: [[{}, refused]],
    },
    { name: 'unserved_total', type: 'counter', help: 'Connections that no server took.', samples: [[{}, unserved]] },
    {
      name: 'server_state',
      type: 'gauge',
      help: 'The state of a server: 1 for the one it has.',
      samples: servers.flatMap(({ url, state }) =>
        serverStates.map((each) => [{ server: url, state: each }, state === each ? 1 : 0] as const),
      ),
    },
    {
      name: 'server_connections',
      type: 'gauge',
      help: 'Connections to a server now.',
      samples: each(({ inFlight }) => inFlight),
    },
    {
      name: 'server_connections_total',
      type: 'counter',
      help: 'Connections made to a server.',
      samples: each((server) => server.connections),
    },
    {
      name: 'server_connect_failures_total',
      type: 'counter',
      help: 'Times that a server could not be reached.',
      samples: each(({ failures }) => failures),
    },
    {
      name: 'server_received_bytes_total',
      type: 'counter',
      help: 'Bytes of ended connections from clients to a server.',
      samples: each(({ bytesToServer }) => bytesToServer),
    },
    {
      name: 'server_sent_bytes_total',
      type: 'counter',
      help: 'Bytes of ended connections from a server to clients.',
      samples: each(({ bytesToClient }) => bytesToClient),
    },
  ];
}

function textOf({ name, type, help, samples }: Metric): string {
  const full = `fairlead_balancer_${name}`;
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${full}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines, ''].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
