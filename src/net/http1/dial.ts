/** Opens one connection to an upstream: TCP, a tunnel through a proxy or the endpoint's own dialler, and TLS over it. */
import type { Duplex } from 'node:stream';
import { proxyName } from '../proxy/upstream-proxy.ts';
import type { TlsMemory } from './open-socket.ts';
import { defaultKeepAliveMs, openTcp, openTls, socketErrorText } from './open-socket.ts';
import type { UpstreamEndpoint } from './upstream.ts';
import { UpstreamError } from './upstream.ts';

/** Everything by which connections differ, as one string: none is ever shared across trust or credentials. */
export function endpointKey({ host, port, tls, dial, proxy }: UpstreamEndpoint): string {
  return JSON.stringify([
    host,
    port,
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

/** Resolves when the connection (and TLS) stands. Rejects with UpstreamError, or the signal's reason. */
export async function dialUpstream(
  endpoint: UpstreamEndpoint,
  memory: TlsMemory,
  signal: AbortSignal,
  keepAliveMs = defaultKeepAliveMs,
): Promise<Duplex> {
  signal.throwIfAborted();
  let socket: Duplex | undefined;
  try {
    socket = await openStream(endpoint, signal, keepAliveMs);
    return endpoint.tls === undefined ? socket : await openTls(endpoint, socket, memory, signal);
  } catch (error) {
    socket?.destroy();
    signal.throwIfAborted();
    if (error instanceof UpstreamError) throw error;
    const way = endpoint.proxy === undefined ? '' : ` through the proxy ${proxyName(endpoint.proxy)}`;
    throw new UpstreamError(`cannot connect to ${endpointName(endpoint)}${way}: ${socketErrorText(error)}`, {
      sent: false,
      connect: 'refused',
      cause: error,
    });
  }
}

async function openStream(endpoint: UpstreamEndpoint, signal: AbortSignal, keepAliveMs: number): Promise<Duplex> {
  const { dial, proxy } = endpoint;
  if (dial !== undefined) return unlessAborted(dial.open(signal), signal);
  if (proxy === undefined) return openTcp(endpoint, signal, keepAliveMs);
  const { dialThroughProxy } = await import('../proxy/dial-through-proxy.ts');
  return dialThroughProxy(endpoint, proxy, signal, keepAliveMs);
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
