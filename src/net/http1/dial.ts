/** Opens one connection to an upstream: TCP, a tunnel through a proxy or the endpoint's own dialler, and TLS over it. */
import type { Duplex } from 'node:stream';
import { isOwnSocket } from '../own-socket.ts';
import type { DialOptions } from '../proxy/upstream-proxy.ts';
import { proxyName } from '../proxy/upstream-proxy.ts';
import { openTcp, openTcpWithTls, openTls, openUnixSocket, socketErrorText } from './open-socket.ts';
import { SocketReads } from './socket-reads.ts';
import type { TlsMemory } from './start-tls.ts';
import type { UpstreamEndpoint } from './upstream.ts';
import { UpstreamError } from './upstream.ts';

/** Everything by which connections differ, as one string: none is ever shared across trust or credentials. */
export function endpointKey({ host, port, unixSocket, tls, dial, proxy }: UpstreamEndpoint): string {
  return JSON.stringify([
    host,
    port,
    unixSocket ?? null,
    dial?.key ?? null,
    proxy === undefined ? null : [proxyName(proxy), proxy.username ?? null, proxy.password ?? null],
    tls === undefined
      ? null
      : [tls.ca ?? null, tls.serverName ?? null, tls.cert ?? null, tls.key ?? null, tls.insecureSkipVerify === true],
  ]);
}

/** `host:port`, with brackets for IPv6. */
export function endpointName({ host, port }: UpstreamEndpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `reads`: of a socket that was opened for no one else. */
export interface Dialled {
  socket: Duplex;
  reads: SocketReads | undefined;
}

/** Resolves when the connection (and TLS) stands. Rejects with UpstreamError, or the signal's reason. */
export async function dialUpstream(
  endpoint: UpstreamEndpoint,
  memory: TlsMemory,
  signal: AbortSignal,
  options: DialOptions,
): Promise<Dialled> {
  signal.throwIfAborted();
  let stream: Duplex | undefined;
  try {
    stream = await openIndirectly(endpoint, memory, signal, options);
    if (stream === undefined) return await openDirectly(endpoint, memory, signal, options.keepAliveMs);
    const socket = endpoint.tls === undefined ? stream : await openTls(endpoint, stream, memory, signal);
    return { socket, reads: undefined };
  } catch (error) {
    stream?.destroy();
    signal.throwIfAborted();
    if (error instanceof UpstreamError) throw error;
    throw connectFailure(endpoint, socketErrorText(error), { connect: 'refused', cause: error });
  }
}

/** `what` is a clause about who is at the other end. */
export function connectFailure(
  endpoint: UpstreamEndpoint,
  what: string,
  options: { connect: 'refused' | 'silent'; cause?: unknown },
): UpstreamError {
  const way = endpoint.proxy === undefined ? '' : ` through the proxy ${proxyName(endpoint.proxy)}`;
  return new UpstreamError(`cannot connect to ${endpointName(endpoint)}${way}: ${what}`, { sent: false, ...options });
}

async function openDirectly(
  endpoint: UpstreamEndpoint,
  memory: TlsMemory,
  signal: AbortSignal,
  keepAliveMs: number,
): Promise<Dialled> {
  const local = await openLocally(endpoint, signal);
  if (local !== undefined) return local;
  const reads = new SocketReads(endpoint.tls === undefined ? 'tcp' : 'tls');
  const socket =
    endpoint.tls === undefined
      ? await openTcp(endpoint, signal, keepAliveMs, reads)
      : await openTcpWithTls(endpoint, memory, signal, keepAliveMs, reads);
  return { socket, reads };
}

/** Undefined where there is no socket, it may be somebody else's, or nobody listens there. Who owns it may change while a program runs. */
async function openLocally({ unixSocket }: UpstreamEndpoint, signal: AbortSignal): Promise<Dialled | undefined> {
  if (unixSocket === undefined || !isOwnSocket(unixSocket)) return undefined;
  const reads = new SocketReads('tcp');
  try {
    return { socket: await openUnixSocket(unixSocket, signal, reads), reads };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Undefined: the endpoint has no way of its own. */
async function openIndirectly(
  endpoint: UpstreamEndpoint,
  memory: TlsMemory,
  signal: AbortSignal,
  options: DialOptions,
): Promise<Duplex | undefined> {
  const { dial, proxy } = endpoint;
  if (dial !== undefined) return unlessAborted(dial.open(signal), signal);
  if (proxy === undefined) return undefined;
  const { dialThroughProxy } = await import('../proxy/dial-through-proxy.ts');
  memory.proxy ??= {};
  const stream = await dialThroughProxy(endpoint, proxy, memory.proxy, signal, options);
  options.begin('server');
  return stream;
}

/** A dialler may be slow to notice the signal; what it opens afterwards is closed. */
async function unlessAborted(opening: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    opening.then(
      (late) => late.destroy(),
      () => {},
    );
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([opening, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
