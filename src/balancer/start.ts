/** The load balancer in front of API servers: TCP is passed through, TLS ends at the servers. */
import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import type { ServerFacts } from '../client/api-servers.ts';
import type { ServerGroup } from '../client/server-group.ts';
import type { ListenAddress } from './listen-address.ts';
import { addressText } from './listen-address.ts';
import type { ProxyProtocol } from './proxy-protocol.ts';
import { bufferedBytes } from './session.ts';
import type { ServerCounts } from './sessions.ts';
import { Sessions } from './sessions.ts';

export interface BalancerOptions {
  /** Balances by connections: made with the policy `leastLoaded`. The caller disposes it. */
  group: ServerGroup;
  listen: readonly ListenAddress[];
  maxConnections?: number;
  connectTimeoutMs?: number;
  /** How long connections may go on whose server is not well, and when the balancer stops. */
  drainMs?: number;
  proxyProtocol?: ProxyProtocol;
  /** Stops the balancer gracefully. */
  signal: AbortSignal;
}

export interface BalancerStatus {
  connections: number;
  refused: number;
  unserved: number;
  servers: readonly (ServerFacts & ServerCounts)[];
  passedOver: Readonly<Record<string, string>>;
}

export interface Balancer extends AsyncDisposable {
  /** `ADDRESS:PORT` of each listener, with the port that was chosen for 0. */
  addresses: readonly string[];
  status(): BalancerStatus;
  /** Resolves when it has stopped. */
  closed: Promise<void>;
}

/** An address cannot be listened on; the message says why and what to do. */
export class BalancerListenError extends Error {
  override readonly name = 'BalancerListenError';
}

const defaults = { maxConnections: 20_000, connectTimeoutMs: 5000, drainMs: 60_000 };
/** As many as the kernel allows: clients come back all at once when a server dies. */
const backlog = 4096;

/** Resolves when it listens everywhere. Rejects with BalancerListenError. */
export async function startBalancer({ group, listen, signal, ...options }: BalancerOptions): Promise<Balancer> {
  signal.throwIfAborted();
  const { drainMs = defaults.drainMs } = options;
  const sessions = new Sessions({ group, proxyProtocol: undefined, ...defaults, ...options });
  const servers: Server[] = [];
  const closeListeners = async (): Promise<void> => {
    await Promise.all(
      servers.map(async (server) => {
        if (!server.listening) return;
        const closed = once(server, 'close');
        server.close();
        await closed;
      }),
    );
  };
  const addresses: string[] = [];
  try {
    for (const address of listen) {
      const server = createServer({
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
        highWaterMark: bufferedBytes,
      });
      server.on('connection', (client) => sessions.accept(client));
      servers.push(server);
      addresses.push(await listenAt(server, address));
    }
  } catch (error) {
    await closeListeners();
    sessions[Symbol.dispose]();
    throw error;
  }
  group.begin();
  let closing: Promise<void> | undefined;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const close = (): Promise<void> => {
    closing ??= (async () => {
      // A listener is closed only when its connections are.
      const listenersClosed = closeListeners();
      await sessions.drain(drainMs);
      sessions[Symbol.dispose]();
      await listenersClosed;
      resolve();
    })();
    return closing;
  };
  if (signal.aborted) await close();
  else signal.addEventListener('abort', () => void close(), { once: true });
  return { addresses, status: () => statusOf(group, sessions), closed, [Symbol.asyncDispose]: close };
}

async function listenAt(server: Server, address: ListenAddress): Promise<string> {
  server.listen({ host: address.host, port: address.port, backlog });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const why =
      code === 'EADDRINUSE'
        ? 'another program listens there: choose another port'
        : code === 'EACCES'
          ? 'this user may not listen there: choose a port from 1024 on'
          : code === 'EADDRNOTAVAIL'
            ? 'this machine has no such address'
            : String(code);
    throw new BalancerListenError(`Cannot listen on ${addressText(address)}: ${why}.`);
  }
  const bound = server.address();
  return addressText({ ...address, port: typeof bound === 'object' && bound !== null ? bound.port : address.port });
}

const unused: ServerCounts = { connections: 0, failures: 0, bytesToServer: 0, bytesToClient: 0 };

function statusOf(group: ServerGroup, sessions: Sessions): BalancerStatus {
  return {
    connections: sessions.size,
    refused: sessions.refused,
    unserved: sessions.unserved,
    servers: group.list().map((facts) => ({ ...facts, ...(sessions.counts.get(facts.url) ?? unused) })),
    passedOver: Object.fromEntries(group.passedOver),
  };
}
