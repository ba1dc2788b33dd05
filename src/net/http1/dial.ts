/** Opens one connection to an upstream: TCP, TLS over it, or the endpoint's own dialler. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerCertificate, SecureContext } from 'node:tls';
import type { UpstreamEndpoint } from './upstream.ts';
import { UpstreamError } from './upstream.ts';

/** What connections of one pool key share: parsed certificates and the newest TLS session, for resumption. */
export interface TlsMemory {
  context?: SecureContext;
  session?: Buffer;
}

/** Everything by which connections differ, as one string: none is ever shared across trust or credentials. */
export function endpointKey({ host, port, tls, dial }: UpstreamEndpoint): string {
  return JSON.stringify([
    host,
    port,
    dial?.key ?? null,
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
): Promise<Duplex> {
  signal.throwIfAborted();
  let socket: Duplex | undefined;
  try {
    socket =
      endpoint.dial === undefined
        ? await openTcp(endpoint, signal)
        : await unlessAborted(endpoint.dial.open(signal), signal);
    return endpoint.tls === undefined ? socket : await openTls(endpoint, socket, memory, signal);
  } catch (error) {
    socket?.destroy();
    signal.throwIfAborted();
    if (error instanceof UpstreamError) throw error;
    throw new UpstreamError(`cannot connect to ${endpointName(endpoint)}: ${reasonOf(error)}`, {
      sent: false,
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
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

async function openTcp({ host, port }: UpstreamEndpoint, signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, 'connect', { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
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

async function openTls(
  endpoint: UpstreamEndpoint,
  under: Duplex,
  memory: TlsMemory,
  signal: AbortSignal,
): Promise<Duplex> {
  const { connect: connectTls, createSecureContext, checkServerIdentity } = await import('node:tls');
  const { tls = {}, host } = endpoint;
  memory.context ??= createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key });
  const expected = tls.serverName ?? host;
  const socket = connectTls({
    socket: under,
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
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, 'secureConnect', { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}
