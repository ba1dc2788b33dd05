/** A balancer's state in numbers. */
import { serverStates } from '../net/health/health.ts';
import type { Metric } from '../net/prometheus.ts';
import type { BalancerStatus } from './start.ts';

export function balancerMetrics({ connections, refused, unserved, servers }: BalancerStatus): Metric[] {
  const each = (value: (server: BalancerStatus['servers'][number]) => number) =>
    servers.map((server) => [{ server: server.url }, value(server)] as const);
  return [
    {
      name: 'fairlead_balancer_connections',
      type: 'gauge',
      help: 'Connections of clients now.',
      samples: [[{}, connections]],
    },
    {
      name: 'fairlead_balancer_refused_total',
      type: 'counter',
      help: 'Connections closed at once, as there were too many.',
      samples: [[{}, refused]],
    },
    {
      name: 'fairlead_balancer_unserved_total',
      type: 'counter',
      help: 'Connections that no server took.',
      samples: [[{}, unserved]],
    },
    {
      name: 'fairlead_balancer_server_state',
      type: 'gauge',
      help: 'The state of a server: 1 for the one it has.',
      samples: servers.flatMap(({ url, state }) =>
        serverStates.map((each) => [{ server: url, state: each }, state === each ? 1 : 0] as const),
      ),
    },
    {
      name: 'fairlead_balancer_server_connections',
      type: 'gauge',
      help: 'Connections to a server now.',
      samples: each(({ inFlight }) => inFlight),
    },
    {
      name: 'fairlead_balancer_server_connections_total',
      type: 'counter',
      help: 'Connections made to a server.',
      samples: each((server) => server.connections),
    },
    {
      name: 'fairlead_balancer_server_connect_failures_total',
      type: 'counter',
      help: 'Times that a server could not be reached.',
      samples: each(({ failures }) => failures),
    },
    {
      name: 'fairlead_balancer_server_received_bytes_total',
      type: 'counter',
      help: 'Bytes of ended connections from clients to a server.',
      samples: each(({ bytesToServer }) => bytesToServer),
    },
    {
      name: 'fairlead_balancer_server_sent_bytes_total',
      type: 'counter',
      help: 'Bytes of ended connections from a server to clients.',
      samples: each(({ bytesToClient }) => bytesToClient),
    },
  ];
}
