/** Whether the port that is meant is none of TCP: no waiting makes it one. */
import type { Pod, Service, ServicePort } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import type { Target } from '../../gateway/destination.ts';
import { choosePort, podPorts } from '../../gateway/service-ports.ts';
import { protocolRefusal } from './planned.ts';

const patienceMs = 2000;

/** A sentence, where the cluster says so; undefined where it may be forwarded, or where that is not told. Never rejects. */
export async function refusedProtocol(
  client: ClusterClient,
  target: Target,
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  try {
    const ports = await portsOf(client, target, limit);
    const { kind } = choosePort({ apiVersion: 'v1', kind: 'Service', metadata: {}, spec: { ports } }, target.port);
    if (kind === 'port' || kind === 'ambiguous') return undefined;
    // What a pod listens on need not be declared.
    if (target.kind === 'pod' && /^\d+$/.test(target.port ?? '')) return undefined;
    const meant = ports.find(
      ({ name, port, protocol = 'TCP' }) =>
        protocol !== 'TCP' && (target.port === undefined || target.port === name || target.port === String(port)),
    );
    if (meant === undefined || (target.port === undefined && kind !== 'none')) return undefined;
    const { port, protocol = 'TCP', name } = meant;
    return `its port ${port}/${protocol}${name ? ` (${name})` : ''}: ${protocolRefusal(protocol)}`;
  } catch {
    // What is wrong with it is told by its state.
    return undefined;
  }
}

async function portsOf(
  client: ClusterClient,
  { kind, namespace, name }: Target,
  signal: AbortSignal,
): Promise<ServicePort[]> {
  if (kind === 'service')
    return (await client.resource<Service>('v1', 'services').get(name, { namespace, signal })).spec?.ports ?? [];
  const pod = await client.resource<Pod>('v1', 'pods').get(name, { namespace, signal });
  return podPorts(pod);
}
