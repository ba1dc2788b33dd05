/** pods/NAME/exec, attach and portforward: the client's upgraded connection joined to one of the kubelet, byte by byte. */
import type { Duplex } from 'node:stream';
import { isTrue } from '../../api/query-boolean.ts';
import { badRequest } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { HeaderLines, UpstreamEndpoint, UpstreamPool } from '../../net/http1/upstream.ts';
import { relay } from '../../net/relay.ts';
import { isSpdyRequest, offeredProtocols, spdyUpgradeHeaders } from '../../net/spdy/handshake.ts';
import { channelSubprotocols, v4Channels } from '../../net/websocket/channels.ts';
import { headerLines, isWebSocketRequest, offeredSubprotocols } from '../../net/websocket/handshake.ts';
import type { ConnectRequest } from './connector.ts';
import { kubeletUnreachable } from './dial-error.ts';
import type { KubeletCredentials } from './kubelet.ts';
import { existingPod, kubeletEndpoint, kubeletRefusal, podContainer } from './kubelet.ts';

const TUNNELLED_PORT_FORWARD = 'SPDY/3.1+portforward.k8s.io';

/** exec, and attach, which is the same without a command. */
export async function serveRemoteCommand(
  connect: ConnectRequest,
  pool: UpstreamPool,
  credentials: KubeletCredentials,
  verb: 'exec' | 'attach',
): Promise<void> {
  const { info, store, request } = connect;
  const query = new URL(request.url ?? '/', 'https://server').searchParams;
  const { pod, container } = await podContainer(store, info.namespace, info.name, query.get('container') ?? '');
  const isSet = (name: string) => isTrue(query.get(name));
  // The same checks for every protocol: a client that falls back to another one is told the same reason.
  const command = verb === 'exec' ? query.getAll('command') : [];
  if (verb === 'exec' && command.length === 0) throw badRequest('you must specify at least 1 command');
  requireNode(pod);
  requireRunning(pod, container, verb);
  const passed = new URLSearchParams();
  for (const word of command) passed.append('command', word);
  for (const [ours, theirs] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const) {
    if (isSet(ours)) passed.set(theirs, '1');
  }
  const path = [verb, info.namespace, info.name, container].map(encodeURIComponent).join('/');
  const node = await kubeletEndpoint(store, requireNode(pod), credentials);
  await joinKubelet(connect, pool, { node, target: `/${path}?${passed}`, subprotocols: channelSubprotocols });
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
  // Over SPDY the ports are named later, by each stream.
  if (!passed.has('port') && offersChannels(headerLines(request.rawHeaders))) {
    throw badRequest('query parameter "ports" is required');
  }
  const path = ['portForward', info.namespace, info.name].map(encodeURIComponent).join('/');
  const node = await kubeletEndpoint(store, nodeName, credentials);
  const subprotocols = [TUNNELLED_PORT_FORWARD, v4Channels];
  await joinKubelet(connect, pool, { node, target: `/${path}?${passed}`, subprotocols });
}

function requireNode(pod: Pod): string {
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return nodeName;
}

function requireRunning(pod: Pod, container: string, verb: 'exec' | 'attach'): void {
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
    phase,
  } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed') {
    const what = verb === 'exec' ? 'exec into' : 'attach';
    throw badRequest(`cannot ${what} a container in a completed pod; current phase is ${phase}`);
  }
  const statuses = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const status = statuses.find(({ name }) => name === container);
  if (status?.state?.running === undefined) {
    throw badRequest(`container ${container} of pod ${pod.metadata.name} is not running`);
  }
}

function offersChannels(headers: HeaderLines): boolean {
  return offeredSubprotocols(headers).some((name) => channelSubprotocols.includes(name));
}

interface KubeletStream {
  node: UpstreamEndpoint;
  target: string;
  /** Of WebSockets; over SPDY the kubelet chooses among what the client offers. */
  subprotocols: readonly string[];
}

/** Throws `StatusError` until the kubelet has switched protocols; then joins both connections until they end. */
async function joinKubelet(
  connect: ConnectRequest,
  pool: UpstreamPool,
  { node, target, subprotocols }: KubeletStream,
): Promise<void> {
  const { info, request, socket, head, signal } = connect;
  const asked = upgradeFor(headerLines(request.rawHeaders), subprotocols);
  if (socket === undefined || asked === undefined) {
    const served = subprotocols.join(', ');
    throw badRequest(`${info.subresource} needs an upgrade: to SPDY/3.1, or to a WebSocket with one of ${served}`);
  }
  const answer = await pool
    .upgrade(node, { ...asked, target, signal })
    .catch((error: unknown) => Promise.reject(signal.aborted ? error : kubeletUnreachable(error, node)));
  if (!answer.upgraded) throw await kubeletRefusal(answer.status, answer.body, info.name);
  writeSwitch(socket, answer.headers);
  if (head !== undefined && head.length > 0) socket.unshift(head);
  await relayUntil(socket, answer.stream, signal);
}

/** The same upgrade, with what belongs to it and nothing else: no credentials, no extensions, no other protocols. */
function upgradeFor(
  headers: HeaderLines,
  subprotocols: readonly string[],
): { method: string; headers: HeaderLines } | undefined {
  if (isSpdyRequest(headers)) return { method: 'POST', headers: spdyUpgradeHeaders(offeredProtocols(headers)) };
  const accepted = offeredSubprotocols(headers).filter((name) => subprotocols.includes(name));
  if (!isWebSocketRequest(headers) || accepted.length === 0) return undefined;
  const kept = headers.filter(([name]) => /^sec-websocket-(key|version)$/i.test(name));
  const upgrade: HeaderLines = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ...kept,
    ['Sec-WebSocket-Protocol', accepted.join(', ')],
  ];
  return { method: 'GET', headers: upgrade };
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
