/** The connecting subresources of the API server: log, exec, attach, portforward and proxy of pods, proxy of services and nodes. */
import { badRequest, methodNotSupported } from '../../api/status.ts';
import type { UpstreamPool } from '../../net/http1/upstream.ts';
import { podAddressCheck } from './allowed-address.ts';
import type { Connector, ConnectRequest } from './connector.ts';
import type { KubeletCredentials } from './kubelet.ts';
import { kubeletEndpoint } from './kubelet.ts';
import { servePodLog } from './pod-log.ts';
import { servePortForward, serveRemoteCommand } from './pod-stream.ts';
import { proxyRequest } from './proxy-request.ts';
import type { ProxyTarget } from './proxy-target.ts';
import { podTarget, serviceTarget, splitSchemeNamePort } from './proxy-target.ts';

export interface ConnectorOptions {
  pool: UpstreamPool;
  /** Asked for each connection, so that renewed certificates count at once. */
  kubelet(): KubeletCredentials;
  /** The part of 127.0.0.0/8 that is the cluster's pods', as CIDR; without it nothing on loopback is dialled. */
  podRange?: string;
}

/** Rights were checked before: whatever is asked here may be done. */
export function createConnector({ pool, kubelet, podRange }: ConnectorOptions): Connector {
  const isAllowed = podAddressCheck(podRange);
  return async (connect) => {
    const { resource, subresource, namespace, name } = connect.info;
    const lookup = { store: connect.store, namespace, id: name, isAllowed };
    switch (`${resource}/${subresource}`) {
      case 'pods/log':
        return await servePodLog(connect, pool, kubelet());
      case 'pods/exec':
        return await serveRemoteCommand(connect, pool, kubelet(), 'exec');
      case 'pods/attach':
        return await serveRemoteCommand(connect, pool, kubelet(), 'attach');
      case 'pods/portforward':
        return await servePortForward(connect, pool, kubelet());
      case 'services/proxy':
        return await proxyTo(connect, pool, await serviceTarget(lookup));
      case 'pods/proxy':
        return await proxyTo(connect, pool, await podTarget(lookup));
      case 'nodes/proxy':
        return await proxyToNode(connect, pool, kubelet());
      default:
        throw methodNotSupported({ group: '', resource: `${resource}/${subresource}` }, 'connect');
    }
  };
}

async function proxyTo(connect: ConnectRequest, pool: UpstreamPool, target: ProxyTarget): Promise<void> {
  const { scheme, address, port } = target;
  // Applications in a cluster mostly have certificates that nobody signed: as upstream, theirs are not verified.
  const tls = scheme === 'https' ? { tls: { insecureSkipVerify: true } } : {};
  await proxyRequest(connect, pool, { endpoint: { host: address, port, ...tls }, rewritesLinks: true });
}

/** The kubelet's API only: any other port of a node is not this cluster's to open. */
async function proxyToNode(
  connect: ConnectRequest,
  pool: UpstreamPool,
  credentials: KubeletCredentials,
): Promise<void> {
  const { name } = connect.info;
  const split = splitSchemeNamePort(name);
  if (split === undefined) throw badRequest(`invalid node request ${JSON.stringify(name)}`);
  const endpoint = await kubeletEndpoint(connect.store, split.name, credentials);
  if (split.port !== '' && split.port !== String(endpoint.port)) throw badRequest('address not allowed');
  // A WebSocket begins as a GET: with it, the right to read from nodes would be the right to run commands in pods.
  if (connect.socket !== undefined) throw badRequest('nodes/proxy does not pass WebSockets on: use pods/exec');
  await proxyRequest(connect, pool, { endpoint, rewritesLinks: false });
}
