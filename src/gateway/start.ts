/** The gateway: one port on loopback that leads to a cluster's API and, by host name, to each of its services. */

import type { Socket } from 'node:net';
import { ConnectionPool } from '../net/http1/connections.ts';
import { Http1Server } from '../net/http1/server.ts';
import { isLoopback } from '../net/loopback-host.ts';
import type { StatusPages } from '../net/status-pages.ts';
import type { FirstUseLink } from './access/first-use-link.ts';
import { Gate } from './access/gate.ts';
import { ownUserOnly } from './access/own-user.ts';
import type { Password } from './access/password.ts';
import type { ApiRules } from './api-origin.ts';
import { ApiOrigin } from './api-origin.ts';
import { ApiUpstreams } from './api-upstream.ts';
import { AppOrigin } from './app-origin.ts';
import { ClusterAddresses } from './cluster-addresses.ts';
import type { GatewayContexts, UnusableContext } from './contexts.ts';
import type { ServiceTarget } from './destination.ts';
import { Destinations } from './destinations.ts';
import type { OpenedPort } from './fixed-ports.ts';
import { FixedPorts } from './fixed-ports.ts';
import type { FixedPort } from './forward-spec.ts';
import { FrontDoor } from './front-door.ts';
import type { GatewayNames } from './host.ts';
import { gatewayNames } from './host.ts';
import { KubeconfigDoor } from './kubeconfig-door.ts';
import { writeKubeconfigFile } from './kubeconfig-file.ts';
import type { ListenPlace } from './listeners.ts';
import { ListenError, openListeners } from './listeners.ts';
import { GatewayMetrics } from './metrics.ts';
import { OwnPaths } from './own-paths.ts';
import type { PageHandler } from './page-handler.ts';
import { ProxyTargets } from './proxy-targets.ts';
import { Router } from './router.ts';
import type { GatewaySight, PortSight } from './sight.ts';
import type { GatewayTls } from './tls/gateway-tls.ts';
import { TlsEntrance } from './tls/tls-entrance.ts';
import { Tunnels } from './tunnels.ts';

export interface GatewayOptions {
  /** The clusters it leads to. The first has the API's own origin and the short host names. */
  contexts: GatewayContexts;
  /** Contexts that were asked for: their host names say why they do not work. */
  unusable?: readonly UnusableContext[];
  listen: ListenPlace;
  /** An address that others reach is listened on without asking them who they are: they have the user's rights. */
  exposeWithoutPassword?: boolean;
  /** Under which names it answers; default: those of this machine. */
  names?: GatewayNames;
  /** The one of them that others use, for the URL. */
  domain?: string;
  /** Who is let in, and how; absent: whoever reaches it. */
  access?: { password: Password | undefined; link: FirstUseLink | undefined };
  /** Programs of other users of this machine are not let in, to fixed ports neither. For loopback addresses, on Linux. */
  ownUserOnly?: boolean;
  /** Everything but what `kubeconfigFile` is for comes by TLS with these certificates. */
  tls?: GatewayTls;
  /** Local ports that lead to one service each. */
  fixedPorts?: readonly FixedPort[];
  /** Services that speak TLS though neither their ports' names nor appProtocol say so. */
  https?: readonly ServiceTarget[];
  /** What is served of the API, and how; default: all of it but what leads into containers. */
  rules?: ApiRules;
  /** Time between the probes of the operating system on idle connections to the API servers; 0: none. */
  keepAliveMs?: number;
  /** Where to write a kubeconfig that leads through the gateway; it is removed when the gateway stops. */
  kubeconfigFile?: string;
  /** Serves `/metrics` there as well, and nothing else. */
  metricsAddress?: { host: string; port: number };
  /** Makes what serves the page at `/`, once. */
  page?(sight: GatewaySight): PageHandler;
  /** Stops the gateway, as disposing it does. */
  signal: AbortSignal;
  /** Lines for the log: defects, and why connections to fixed ports failed. */
  log?(line: string): void;
}

export interface Gateway extends AsyncDisposable {
  port: number;
  /** `http://localhost:8001/`; undefined behind a unix socket. */
  url: string | undefined;
  addresses: readonly string[];
  fixedPorts: readonly OpenedPort[];
  /** Of `metricsAddress`. */
  metricsPort: number | undefined;
  /** Resolves when it has stopped. */
  closed: Promise<void>;
}

/** Exchanges in flight get this long when the gateway stops. */
const drainMs = 2000;

/** Resolves when it listens. Rejects with ListenError where it cannot. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { contexts, log = () => {} } = options;
  options.signal.throwIfAborted();
  refuseExposure(options);
  const connections = new ConnectionPool(options.keepAliveMs === undefined ? {} : { keepAliveMs: options.keepAliveMs });
  const stop = new AbortController();
  const upstreams = new ApiUpstreams(contexts, { connections, signal: stop.signal, log });
  const { rules, names = gatewayNames({}) } = options;
  const metrics = new GatewayMetrics(contexts);
  const own = new OwnPaths(
    () => ({
      contexts,
      unusable: options.unusable ?? [],
      fixedPorts: fixed.opened,
      kubeconfig: options.kubeconfigFile,
    }),
    metrics,
  );
  const destinations = new Destinations(contexts, {
    signal: stop.signal,
    ...(options.unusable && { unusable: options.unusable }),
    ...(options.https && { https: options.https }),
  });
  const guard = options.ownUserOnly === true ? ownUserOnly : (onSocket: (socket: Socket) => void) => onSocket;
  const fixed = new FixedPorts({ guard, destinations, metrics, signal: stop.signal, log });
  const page = options.page?.({
    suffixes: names.suffixes,
    activity: () => metrics.activity(),
    ports: portSight(options, fixed),
  });
  const api = new ApiOrigin({ ...(rules && { rules }), upstream: upstreams.default, page, own, log });
  const door =
    options.kubeconfigFile === undefined
      ? undefined
      : new KubeconfigDoor(upstreams.all, {
          readOnly: rules?.readOnly === true,
          sharesPort: options.tls !== undefined,
          metrics,
        });
  const apps = new AppOrigin({ destinations, connections, names, upstream: (context) => upstreams.of(context) });
  const targets = new ProxyTargets(new ClusterAddresses(contexts[0].client));
  const tunnels = new Tunnels({ destinations, targets, metrics, signal: stop.signal });
  const gate = options.access && new Gate({ names, ...options.access });
  const router = new Router({ api, apps, targets, tunnels, names, gate, metrics, log });
  const server = new Http1Server({ onRequest: (exchange) => router.route(exchange) });
  const entrance = new FrontDoor({
    http: server,
    tunnels,
    tls: options.tls || door ? new TlsEntrance({ gateway: options.tls, door }) : undefined,
    tlsOnly: options.tls !== undefined,
    socks: gate === undefined ? () => ({}) : gate.socks,
  });
  const listeners = await openListeners(
    options.listen,
    guard((socket) => {
      metrics.connection(socket);
      entrance.accept(socket);
    }),
  );
  const { port, addresses } = listeners;
  await using parts = new AsyncDisposableStack();
  parts.use(listeners);
  parts.defer(() => stop.abort());
  parts.use(fixed);
  await fixed.openFirst(options.fixedPorts ?? []);
  if (door !== undefined && options.kubeconfigFile !== undefined) {
    const at = addresses[0]?.replace(/^0\.0\.0\.0$/, '127.0.0.1').replace(/^::$/, '::1') ?? '';
    const address = `${at.includes(':') ? `[${at}]` : at}:${port}`;
    parts.use(await writeKubeconfigFile(options.kubeconfigFile, { door, contexts, address }));
  }
  let metricsListener: StatusPages | undefined;
  if (options.metricsAddress !== undefined) {
    // With it comes node:http, which nothing else here needs.
    const { openMetricsListener } = await import('./metrics-listener.ts');
    metricsListener = parts.use(await openMetricsListener(options.metricsAddress, () => metrics.text()));
  }
  const running = parts.move();
  let closing: Promise<void> | undefined;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const close = (): Promise<void> => {
    closing ??= (async () => {
      const listenersClosed = listeners[Symbol.asyncDispose]();
      entrance.close();
      await Promise.all([server.drain(drainMs), door?.drain(drainMs)]);
      stop.abort();
      tunnels.destroy();
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
    metricsPort: metricsListener?.port,
    url:
      'unixSocket' in options.listen
        ? undefined
        : `${options.tls ? 'https' : 'http'}://${options.domain ?? urlHost(options.listen.host)}:${port}/`,
    closed,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * The page may open ports where whoever can open them reaches the services anyway: on this machine, with no password
 * asked, or with the connections of other users refused.
 */
function portSight({ listen, access, ownUserOnly: own }: GatewayOptions, ports: FixedPorts): PortSight {
  const list: PortSight['list'] = () => ports.opened;
  const isLocal = !('unixSocket' in listen) && isLoopback(listen.host);
  if (!isLocal || (access !== undefined && own !== true)) return { list };
  return {
    list,
    open: (target) => ports.open({ target, localPort: 0 }),
    close: (port) => ports.close(port),
  };
}

/** As a browser on this machine names it. */
function urlHost(host: string): string {
  if (['localhost', '127.0.0.1', '::1', '::', '0.0.0.0'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** The gateway acts with its user's rights for whoever reaches it. */
function refuseExposure({ listen, exposeWithoutPassword, access, tls }: GatewayOptions): void {
  if ('unixSocket' in listen || isLoopback(listen.host) || exposeWithoutPassword === true) return;
  if (access?.password !== undefined && tls !== undefined) return;
  throw new ListenError(
    `Others reach ${listen.host}, and would act with your rights. Give --password-file (TLS is then on), or say --expose-without-password if that is what you want.`,
  );
}
