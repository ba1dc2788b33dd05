/** The gateway: one port on loopback that leads to a cluster's API and, by host name, to each of its services. */
import type { Socket } from 'node:net';
import { ConnectionPool } from '../net/http1/connections.ts';
import { headerValue } from '../net/http1/headers.ts';
import { Http1Server } from '../net/http1/server.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { ApiOrigin } from './api-origin.ts';
import { ApiUpstream } from './api-upstream.ts';
import { AppOrigin } from './app-origin.ts';
import type { GatewayContext, GatewayContexts, UnusableContext } from './contexts.ts';
import { Destinations } from './destinations.ts';
import { protocolOf, refusals } from './first-bytes.ts';
import type { OpenedPort } from './fixed-ports.ts';
import { openFixedPorts } from './fixed-ports.ts';
import type { FixedPort } from './forward-spec.ts';
import { parseHost } from './host.ts';
import { KubeconfigDoor } from './kubeconfig-door.ts';
import { writeKubeconfigFile } from './kubeconfig-file.ts';
import { listenOnLoopback } from './listeners.ts';
import type { PageHandler } from './page-handler.ts';
import { answerProblem } from './problem.ts';

export interface GatewayOptions {
  /** The clusters it leads to. The first has the API's own origin and the short host names. */
  contexts: GatewayContexts;
  /** Contexts that were asked for: their host names say why they do not work. */
  unusable?: readonly UnusableContext[];
  /** `host`: `localhost` (both loopback addresses, the default), `127.0.0.1` or `::1`. `port` 0: any free one. */
  listen: { host?: string; port: number };
  /** Local ports that lead to one service each. */
  fixedPorts?: readonly FixedPort[];
  /** Where to write a kubeconfig that leads through the gateway; it is removed when the gateway stops. */
  kubeconfigFile?: string;
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
/** A connection must send its first bytes in this time. */
const firstBytesMs = 120_000;

/** Resolves when it listens. Rejects with ListenError where it cannot. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { contexts, page, log = () => {} } = options;
  options.signal.throwIfAborted();
  const connections = new ConnectionPool();
  const stop = new AbortController();
  const [first, ...others] = contexts;
  const upstreamOf = (context: GatewayContext): ApiUpstream =>
    new ApiUpstream({ context, connections, signal: stop.signal, log });
  const upstream = upstreamOf(first);
  const api = new ApiOrigin({ upstream, page, log });
  const door =
    options.kubeconfigFile === undefined ? undefined : new KubeconfigDoor([upstream, ...others.map(upstreamOf)]);
  const destinations = new Destinations(contexts, {
    signal: stop.signal,
    ...(options.unusable && { unusable: options.unusable }),
  });
  const apps = new AppOrigin({ destinations, connections });
  const server = new Http1Server({ onRequest: (exchange) => route(exchange, { api, apps, log }) });
  const unknown = new Set<Socket>();
  const listeners = await listenOnLoopback(
    { host: options.listen.host ?? 'localhost', port: options.listen.port },
    (socket) => {
      unknown.add(socket);
      socket.setTimeout(firstBytesMs, () => socket.destroy());
      socket.on('error', () => socket.destroy());
      socket.on('close', () => unknown.delete(socket));
      const onEnd = (): void => {
        socket.end();
      };
      socket.once('end', onEnd);
      socket.once('data', (first: Buffer) => {
        unknown.delete(socket);
        socket.off('end', onEnd);
        socket.setTimeout(0);
        const protocol = protocolOf(first);
        if (protocol === 'http1') server.accept(socket, first);
        else if (protocol === 'tls' && door !== undefined) door.accept(socket, first);
        else socket.end(refusals[protocol](), () => socket.destroy());
      });
    },
  );
  const { port, addresses } = listeners;
  await using parts = new AsyncDisposableStack();
  parts.use(listeners);
  parts.defer(() => stop.abort());
  const fixed = parts.use(
    await openFixedPorts({ ports: options.fixedPorts ?? [], destinations, signal: stop.signal, log }),
  );
  if (door !== undefined && options.kubeconfigFile !== undefined) {
    const address = `${addresses[0]?.includes(':') ? `[${addresses[0]}]` : addresses[0]}:${port}`;
    parts.use(await writeKubeconfigFile(options.kubeconfigFile, { door, contexts, address }));
  }
  const running = parts.move();
  let closing: Promise<void> | undefined;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const close = (): Promise<void> => {
    closing ??= (async () => {
      const listenersClosed = listeners[Symbol.asyncDispose]();
      for (const socket of unknown) socket.destroy();
      await Promise.all([server.drain(drainMs), door?.drain(drainMs)]);
      stop.abort();
      await Promise.all([listenersClosed, running.disposeAsync(), connections[Symbol.asyncDispose]()]);
      resolve();
    })();
    return closing;
  };
  if (options.signal.aborted) await close();
  else options.signal.addEventListener('abort', () => void close(), { once: true });
  return {
    port,
    addresses,
    fixedPorts: fixed.opened,
    url: `http://localhost:${port}/`,
    closed,
    [Symbol.asyncDispose]: close,
  };
}

interface Routes {
  api: ApiOrigin;
  apps: AppOrigin;
  log(line: string): void;
}

function route(exchange: ServerExchange, { api, apps, log }: Routes): void {
  try {
    if (refuseProxyForms(exchange)) return;
    const host = headerValue(exchange.head.headers, 'host') ?? '';
    const target = parseHost(host);
    if (target === undefined) {
      const message = `"${host.slice(0, 200)}" is not a name of this gateway. Use localhost, or SERVICE.NAMESPACE.localhost.`;
      answerProblem(exchange, { code: 403, reason: 'Forbidden', title: 'Unknown host', message });
    } else if (target.kind === 'api') api.handle(exchange);
    else apps.handle(exchange, target).catch((error: unknown) => answerDefect(exchange, error, log));
  } catch (error) {
    answerDefect(exchange, error, log);
  }
}

function answerDefect(exchange: ServerExchange, error: unknown, log: (line: string) => void): void {
  log(`the gateway failed: ${error instanceof Error ? error.stack : error}`);
  if (exchange.responseStarted) exchange.cut();
  else {
    const message = 'this is a defect of Fairlead; its log has more.';
    answerProblem(exchange, { code: 500, reason: 'InternalError', title: 'The gateway failed', message });
  }
}

/** This port is no HTTP proxy: what asks for one is told so. */
function refuseProxyForms(exchange: ServerExchange): boolean {
  const { method, target } = exchange.head;
  if (target.startsWith('/') && method !== 'CONNECT') return false;
  const asked = method === 'CONNECT' ? 'CONNECT' : `the target "${target.slice(0, 100)}"`;
  const message = `${asked} is for HTTP proxies. Open http://SERVICE.NAMESPACE.localhost here directly, without a proxy setting.`;
  answerProblem(exchange, {
    code: 501,
    reason: 'MethodNotAllowed',
    title: 'This gateway is not an HTTP proxy',
    message,
  });
  return true;
}
