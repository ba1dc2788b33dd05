/** pods/NAME/exec and portforward: a WebSocket of the client joined to one of the kubelet, byte by byte. */
import type { Duplex } from 'node:stream';
import { badRequest } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { HeaderLines, UpstreamEndpoint, UpstreamPool } from '../../net/http1/upstream.ts';
import { relay } from '../../net/relay.ts';
import { channelSubprotocols } from '../../net/websocket/channels.ts';
import { headerLines, isWebSocketRequest, offeredSubprotocols } from '../../net/websocket/handshake.ts';
import type { ConnectRequest } from './connector.ts';
import { kubeletUnreachable } from './dial-error.ts';
import type { KubeletCredentials } from './kubelet.ts';
import { existingPod, kubeletEndpoint, kubeletRefusal, podContainer } from './kubelet.ts';

export async function servePodExec(
  connect: ConnectRequest,
  pool: UpstreamPool,
  credentials: KubeletCredentials,
): Promise<void> {
  const { info, store, request } = connect;
  const query = new URL(request.url ?? '/', 'https://server').searchParams;
  const { pod, container } = await podContainer(store, info.namespace, info.name, query.get('container') ?? '');
  const isSet = (name: string) => query.get(name) === 'true' || query.get(name) === '1';
  // The same checks for every protocol: a client that falls back to another one is told the same reason.
  if (isSet('tty')) throw badRequest('exec with a terminal is not supported by this server: leave out -t (--tty)');
  if (query.getAll('command').length === 0) throw badRequest('you must specify at least 1 command');
  requireNode(pod);
  requireRunning(pod, container);
  const passed = new URLSearchParams();
  for (const word of query.getAll('command')) passed.append('command', word);
  for (const [ours, theirs] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
  ] as const) {
    if (isSet(ours)) passed.set(theirs, '1');
  }
  const path = ['exec', info.namespace, info.name, container].map(encodeURIComponent).join('/');
  await joinKubelet(connect, pool, await kubeletEndpoint(store, requireNode(pod), credentials), `/${path}?${passed}`);
}

export async function servePortForward(
  connect: ConnectRequest,
  pool: UpstreamPool,
  credentials: KubeletCredentials,
): Promise<void> {
  const { info, store, request } = connect;
  const query = new URL(request.url ?? '/', 'https://server').searchParams;
  const pod = await existingPod(store, info.namespace, info.name);
  const nodeName = requireNode(pod);
  const passed = new URLSearchParams();
  for (const port of query.getAll('ports').flatMap((ports) => ports.split(','))) {
    const number = Number(port);
    if (!/^\d+$/.test(port) || number < 1 || number > 65535) {
      throw badRequest(`ports: ${JSON.stringify(port)} is no port from 1 to 65535`);
    }
    passed.append('port', port);
  }
  // Clients of the SPDY forms name their ports later: they are told what is wrong with the protocol instead.
  if (!passed.has('port') && offersChannels(headerLines(request.rawHeaders))) {
    throw badRequest('query parameter "ports" is required');
  }
  const path = ['portForward', info.namespace, info.name].map(encodeURIComponent).join('/');
  await joinKubelet(connect, pool, await kubeletEndpoint(store, nodeName, credentials), `/${path}?${passed}`);
}

function requireNode(pod: Pod): string {
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return nodeName;
}

function requireRunning(pod: Pod, container: string): void {
  const { containerStatuses = [], initContainerStatuses = [], phase } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  }
  const status = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container);
  if (status?.state?.running === undefined) {
    throw badRequest(`container ${container} of pod ${pod.metadata.name} is not running`);
  }
}

function offersChannels(headers: HeaderLines): boolean {
  return offeredSubprotocols(headers).some((name) => channelSubprotocols.includes(name));
}

/** Throws `StatusError` until the kubelet has switched protocols; then joins both connections until they end. */
async function joinKubelet(
  connect: ConnectRequest,
  pool: UpstreamPool,
  node: UpstreamEndpoint,
  target: string,
): Promise<void> {
  const { info, request, socket, head, signal } = connect;
  const headers = headerLines(request.rawHeaders);
  const accepted = offeredSubprotocols(headers).filter((name) => channelSubprotocols.includes(name));
  if (socket === undefined || !isWebSocketRequest(headers) || accepted.length === 0) {
    throw badRequest(
      `${info.subresource} is served over WebSocket with the subprotocol ${channelSubprotocols.join(' or ')} only, ` +
        'SPDY is not supported by this server',
    );
  }
  const answer = await pool
    .upgrade(node, { method: 'GET', target, headers: handshakeHeaders(headers, accepted), signal })
    .catch((error: unknown) => Promise.reject(signal.aborted ? error : kubeletUnreachable(error, node)));
  if (!answer.upgraded) throw await kubeletRefusal(answer.status, answer.body, info.name);
  writeSwitch(socket, answer.headers);
  if (head !== undefined && head.length > 0) socket.unshift(head);
  await relayUntil(socket, answer.stream, signal);
}

/** Those of the handshake and nothing else: no credentials, no extensions, only subprotocols that the kubelet knows. */
function handshakeHeaders(headers: HeaderLines, subprotocols: readonly string[]): HeaderLines {
  const kept = headers.filter(([name]) => /^sec-websocket-(key|version)$/i.test(name));
  return [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ...kept,
    ['Sec-WebSocket-Protocol', subprotocols.join(', ')],
  ];
}

/** Passes the 101 on. */
export function writeSwitch(socket: Duplex, headers: HeaderLines): void {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
}

/** Bytes both ways until both sides have ended; what is still open when the signal fires is cut off. */
export async function relayUntil(client: Duplex, backend: Duplex, signal: AbortSignal): Promise<void> {
  const cut = () => {
    client.destroy();
    backend.destroy();
  };
  signal.addEventListener('abort', cut);
  if (signal.aborted) cut();
  try {
    await relay(client, backend);
  } finally {
    signal.removeEventListener('abort', cut);
  }
}
