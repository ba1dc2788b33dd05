/** HTTPS servers on several addresses of one port, a local socket beside them, and closing all without cutting anybody off. */
import type { IncomingMessage, Server as PlainServer, ServerResponse } from 'node:http';
import { createServer as createPlainServer } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { listenOnUnixSocket } from '../net/unix-socket.ts';

/** PEM texts: the server's certificate chain, its key, and the CA that client certificates must come from. */
export interface ServerTls {
  cert: string;
  key: string;
  clientCa?: string;
}

export interface Listen {
  /** An address that this machine does not have is left out, unless none is left: hosts without IPv6 have no `::1`. */
  hosts: readonly string[];
  /** The same for all; 0: any port that is free on all. */
  port: number;
}

export interface LocalSocket {
  /** In a directory that exists. Only the user of this process may connect, and in clear text. */
  path: string;
  onConnection(socket: Socket): void;
}

interface ListenerOptions {
  tls: ServerTls;
  listen: Listen;
  localSocket: LocalSocket | undefined;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface Listener {
  readonly port: number;
  readonly hosts: readonly string[];
  /** Undefined where there is none. */
  readonly localSocket: string | undefined;
  renewTls(tls: ServerTls): void;
  closeIdle(): void;
  /** Accepts no more; resolves when every connection is closed, which is forced after the time that draining may take. */
  close(): Promise<void>;
}

const DRAIN_MILLISECONDS = 10_000;
const FREE_PORT_ATTEMPTS = 10;
/** Idle connections: Go's clients keep theirs for 90 seconds and should be the ones to close. */
const KEEP_ALIVE_MILLISECONDS = 120_000;

export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { listen } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openAll(options);
    } catch (error) {
      // the port that was free on one address may be taken on another
      if (listen.port !== 0 || codeOf(error) !== 'EADDRINUSE' || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

async function openAll({ tls, listen, localSocket, onRequest, onUpgrade }: ListenerOptions): Promise<Listener> {
  const open: { server: Server; host: string }[] = [];
  const upgraded = new Set<Duplex>();
  const prepare = <T extends Server | PlainServer>(server: T): T => {
    server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgraded.add(socket);
      // errors of the connection end it; whoever reads or writes it notices by its close
      socket.on('error', () => socket.destroy()).once('close', () => upgraded.delete(socket));
      onUpgrade(request, socket, head);
    });
    return server;
  };
  let { port } = listen;
  let missing: unknown;
  for (const host of listen.hosts) {
    const server = prepare(createServer({ ...commonOptions, ...tlsOptions(tls) }, onRequest));
    try {
      port = await listenOn(server, host, port);
      open.push({ server, host });
    } catch (error) {
      if (codeOf(error) === 'EADDRNOTAVAIL' || codeOf(error) === 'EAFNOSUPPORT') {
        missing = error;
        continue;
      }
      for (const { server: other } of open) other.close();
      throw error;
    }
  }
  if (open.length === 0) throw missing ?? new Error('no address to listen on was given');
  const secure = open.map(({ server }) => server);
  const local = localSocket && {
    server: prepare(createPlainServer(commonOptions, onRequest)).on('connection', localSocket.onConnection),
    path: localSocket.path,
  };
  // Not every file system has room for sockets, and everything can be reached without.
  const localListening = local && (await listenOnUnixSocket(local.server, local.path).catch(() => undefined));
  const servers = [...secure, ...(local === undefined ? [] : [local.server])];
  return {
    port,
    hosts: open.map(({ host }) => host),
    localSocket: localListening && localSocket?.path,
    renewTls(renewed) {
      for (const server of secure) server.setSecureContext(secureOptions(renewed));
    },
    closeIdle() {
      for (const server of servers) server.closeIdleConnections();
    },
    async close() {
      const force = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }, DRAIN_MILLISECONDS);
      await Promise.all([
        ...secure.map((server) => new Promise((done) => server.close(done))),
        localListening?.[Symbol.asyncDispose](),
      ]);
      clearTimeout(force);
    },
  };
}

function secureOptions({ cert, key, clientCa }: ServerTls) {
  return { cert, key, ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

function tlsOptions(tls: ServerTls) {
  return {
    ...secureOptions(tls),
    requestCert: tls.clientCa !== undefined,
    // a certificate of a foreign CA is answered with 401, not with a broken handshake
    rejectUnauthorized: false,
  };
}

const commonOptions = {
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  // other upgrades, such as h2c, are offers that may be passed over
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => /\b(websocket|spdy\/3\.1)\b/i.test(headers.upgrade ?? ''),
};

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
