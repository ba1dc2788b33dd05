/** Opens a TCP connection, and TLS over a stream. */
import { once } from 'node:events';
import type { Socket, TcpNetConnectOpts } from 'node:net';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { certificateErrorOf } from './certificate-error.ts';
import type { SocketReads } from './socket-reads.ts';
import type { TlsMemory } from './start-tls.ts';
import type { UpstreamEndpoint } from './upstream.ts';

/** What happened, in words for a user. */
export function socketErrorText(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  // OpenSSL's own words carry addresses of memory and lines of its source.
  if (
    error instanceof Error &&
    'reason' in error &&
    typeof error.reason === 'string' &&
    /:error:/.test(error.message)
  ) {
    const isPlain = /wrong version|unexpected message|packet length|http request/i.test(error.reason);
    return `the TLS handshake failed (${error.reason})${isPlain ? ': the port seems not to speak TLS' : ''}`;
  }
  return error instanceof Error ? error.message : String(error);
}

export const defaultKeepAliveMs = 30_000;

/** Rejects with the socket's error or the signal's reason. `keepAliveMs` 0: the operating system never probes it. */
export async function openTcp(
  endpoint: { host: string; port: number },
  signal: AbortSignal,
  keepAliveMs = defaultKeepAliveMs,
  reads?: SocketReads,
): Promise<Socket> {
  const socket = connect({ ...tcpOptions(endpoint, keepAliveMs), ...(reads && { onread: reads.onread }) });
  return whenOpen(socket, 'connect', signal);
}

/** Rejects like `openTcp`. */
export async function openUnixSocket(path: string, signal: AbortSignal, reads: SocketReads): Promise<Socket> {
  return whenOpen(connect({ path, allowHalfOpen: true, onread: reads.onread }), 'connect', signal);
}

/** The same with TLS over it. Rejects like `openTls`. */
export async function openTcpWithTls(
  endpoint: UpstreamEndpoint,
  memory: TlsMemory,
  signal: AbortSignal,
  keepAliveMs: number,
  reads: SocketReads,
): Promise<Socket> {
  const under = { ...tcpOptions(endpoint, keepAliveMs), onread: reads.onread };
  return openOver(endpoint, under, memory, signal);
}

function tcpOptions({ host, port }: { host: string; port: number }, keepAliveMs: number): TcpNetConnectOpts {
  return {
    host,
    port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: keepAliveMs > 0,
    keepAliveInitialDelay: keepAliveMs,
  };
}

async function whenOpen<T extends Socket>(socket: T, event: string, signal: AbortSignal): Promise<T> {
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, event, { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

/** Rejects with the socket's error, CertificateError for a certificate that is not accepted, or the signal's reason. */
export async function openTls(
  endpoint: Pick<UpstreamEndpoint, 'host' | 'tls'>,
  under: Duplex,
  memory: TlsMemory,
  signal: AbortSignal,
): Promise<Socket> {
  return openOver(endpoint, { socket: under }, memory, signal);
}

async function openOver(
  endpoint: Pick<UpstreamEndpoint, 'host' | 'tls'>,
  under: object,
  memory: TlsMemory,
  signal: AbortSignal,
): Promise<Socket> {
  const { startTls } = await import('./start-tls.ts');
  signal.throwIfAborted();
  try {
    return await whenOpen(startTls(endpoint, under, memory), 'secureConnect', signal);
  } catch (error) {
    signal.throwIfAborted();
    throw certificateErrorOf(error, { bySystem: endpoint.tls?.ca === undefined });
  }
}
