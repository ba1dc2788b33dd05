/** Opens a TCP connection, and TLS over a stream. */
import { once } from 'node:events';
import type { Socket, TcpNetConnectOpts } from 'node:net';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerCertificate, SecureContext } from 'node:tls';
import type { SocketReads } from './socket-reads.ts';
import type { UpstreamEndpoint } from './upstream.ts';

/** What connections of one pool key share: parsed certificates and the newest TLS session, for resumption. */
export interface TlsMemory {
  context?: SecureContext;
  session?: Buffer;
}

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
  return startTls(endpoint, under, memory, signal);
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

/** Rejects with the socket's error, that of the check of the certificate too, or the signal's reason. */
export async function openTls(
  endpoint: Pick<UpstreamEndpoint, 'host' | 'tls'>,
  under: Duplex,
  memory: TlsMemory,
  signal: AbortSignal,
): Promise<Socket> {
  return startTls(endpoint, { socket: under }, memory, signal);
}

async function startTls(
  { host, tls = {} }: Pick<UpstreamEndpoint, 'host' | 'tls'>,
  under: object,
  memory: TlsMemory,
  signal: AbortSignal,
): Promise<Socket> {
  const { connect: connectTls, createSecureContext, checkServerIdentity } = await import('node:tls');
  signal.throwIfAborted();
  memory.context ??= createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key });
  const expected = tls.serverName ?? host;
  const socket = connectTls({
    ...under,
    secureContext: memory.context,
    session: memory.session,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: tls.insecureSkipVerify !== true,
    // Server Name Indication is for names only (RFC 6066); an address is checked against the certificate all the same.
    ...(isIP(expected) === 0 ? { servername: expected } : {}),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(expected, certificate),
  });
  socket.allowHalfOpen = true;
  socket.on('session', (session: Buffer) => {
    memory.session = session;
  });
  return whenOpen(socket, 'secureConnect', signal);
}
