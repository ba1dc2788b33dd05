/** The gateway: one port on loopback that leads to a cluster's API and, by host name, to each of its services. */
import { ApiAccess } from '../client/api-access.ts';
import { ConnectionPool } from '../net/http1/connections.ts';
import { Http1Server } from '../net/http1/server.ts';
import { ApiOrigin } from './api-origin.ts';
import { AppOrigin } from './app-origin.ts';
import { ClusterAddresses } from './cluster-addresses.ts';
import type { GatewayContexts, UnusableContext } from './contexts.ts';
import { Destinations } from './destinations.ts';
import type { OpenedPort } from './fixed-ports.ts';
import { openFixedPorts } from './fixed-ports.ts';
import type { FixedPort } from './forward-spec.ts';
import { FrontDoor } from './front-door.ts';
import { listenOnLoopback } from './listeners.ts';
import type { PageHandler } from './page-handler.ts';
import { ProxyTargets } from './proxy-targets.ts';
import { Router } from './router.ts';
import { Tunnels } from './tunnels.ts';

export interface GatewayOptions {
  /** The clusters it leads to. The first has the API's own origin and the short host names. */
  contexts: GatewayContexts;
  /** Contexts that were asked for: their host names say why they do not work. */
  unusable?: readonly UnusableContext[];
  /** `host`: `localhost` (both loopback addresses, the default), `127.0.0.1` or `::1`. `port` 0: any free one. */
  listen: { host?: string; port: number };
  /** Local ports that lead to one service each. */
  fixedPorts?: readonly FixedPort[];
  /** Serves the page at `/`. */
  page?: PageHandler;
  /** Stops the gateway, as disposing it does. */
  signal: AbortSignal;
  /** Lines for the log: defects, and why connections to fixed ports failed. */
  log?(line: string): void;
}

export interface Gateway extends AsyncDisposable {
  port: number;
  /** `http://localhost:8001/` */
  url: string;
  addresses: readonly string[];
  fixedPorts: readonly OpenedPort[];
  /** Resolves when it has stopped. */
  closed: Promise<void>;
}

/** Exchanges in flight get this long when the gateway stops. */
const drainMs = 2000;

/** Resolves when it listens. Rejects with ListenError where it cannot. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { contexts, page, log = () => {} } = options;
  options.signal.throwIfAborted();
  const connections = new ConnectionPool();
  const stop = new AbortController();
  const [{ config, client }] = contexts;
  const { servers } = client;
  const access = new ApiAccess(config, servers.isOverheard);
  const api = new ApiOrigin({ connections, access, servers, page, signal: stop.signal, log });
  const destinations = new Destinations(contexts, {
    signal: stop.signal,
    ...(options.unusable && { unusable: options.unusable }),
  });
  const apps = new AppOrigin({ destinations, connections });
  const targets = new ProxyTargets(new ClusterAddresses(client));
  const tunnels = new Tunnels({ destinations, targets, signal: stop.signal });
  const router = new Router({ api, apps, targets, tunnels, log });
  const server = new Http1Server({ onRequest: (exchange) => router.route(exchange) });
  const door = new FrontDoor({ http: server, tunnels });
  const listeners = await listenOnLoopback(
    { host: options.listen.host ?? 'localhost', port: options.listen.port },
    (socket) => door.accept(socket),
  );
  const fixed = await openFixedPorts({
    ports: options.fixedPorts ?? [],
    destinations,
    signal: stop.signal,
    log,
  }).catch(async (error: unknown) => {
    stop.abort();
    await listeners[Symbol.asyncDispose]();
    throw error;
  });
  let closing: Promise<void> | undefined;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const close = (): Promise<void> => {
    closing ??= (async () => {
      const listenersClosed = listeners[Symbol.asyncDispose]();
      door.close();
      await server.drain(drainMs);
      stop.abort();
      tunnels.destroy();
      await Promise.all([listenersClosed, fixed[Symbol.asyncDispose](), connections[Symbol.asyncDispose]()]);
      resolve();
    })();
    return closing;
  };
  if (options.signal.aborted) await close();
  else options.signal.addEventListener('abort', () => void close(), { once: true });
  const { port, addresses } = listeners;
  return {
    port,
    addresses,
    fixedPorts: fixed.opened,
    url: `http://localhost:${port}/`,
    closed,
    [Symbol.asyncDispose]: close,
  };
}
