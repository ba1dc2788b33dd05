/** The API server: HTTPS on loopback, every request through one list of filters, reads from the watch caches. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { lazy } from '../lib/lazy.ts';
import { Roster, type Rostered } from '../lib/roster.ts';
import { countAsHolder, readCredentials } from './auth/credentials.ts';
import type { PolicyFactory } from './auth/policy.ts';
import type { Connector } from './connect/connector.ts';
import { buildCatalog } from './discovery/catalog.ts';
import { discovery } from './discovery/discovery.ts';
import type { HealthCheck } from './discovery/health.ts';
import { health } from './discovery/health.ts';
import { rootPaths } from './discovery/root.ts';
import type { PathHandler } from './discovery/route.ts';
import { version } from './discovery/version.ts';
import { dispatchTo } from './dispatch.ts';
import { Exchange } from './exchange.ts';
import { authenticate } from './filters/authentication.ts';
import { authorize } from './filters/authorization.ts';
import { limitTime } from './filters/deadline.ts';
import { answerErrors } from './filters/errors.ts';
import { pipeline } from './filters/filter.ts';
import { actAs } from './filters/impersonation.ts';
import { isLongRunning, limitInFlight } from './filters/in-flight.ts';
import type { Listen, ServerTls } from './listener.ts';
import { openListener } from './listener.ts';
import { Metrics } from './metrics.ts';
import { objectReader } from './object-reader.ts';
import { openApiRoute } from './openapi/route.ts';
import type { ResourceDefinition } from './resources/resource.ts';
import { ResourceIndex } from './served-resource.ts';
import type { Storage } from './storage/storage.ts';
import type { ApiContext } from './verbs/verb.ts';

export interface ApiServerOptions {
  /** Stays the caller's: it is not disposed with the server. */
  storage: Storage;
  resources: readonly ResourceDefinition[];
  /** Who may do what, made for the server's own view of the objects. */
  policy: PolicyFactory;
  /** Absent: log, exec, attach, portforward and proxy are 404. */
  connect?: Connector;
  /** Answers for paths that are no resource, asked before the server's own: OpenID's, for example. */
  routes?: readonly PathHandler[];
  /** What must hold besides the store's answering for the server to be healthy or ready. */
  checks?: readonly HealthCheck[];
  tls: ServerTls;
  listen: Listen;
  /** A way in for the user of this process alone, who counts there as the holder of this client certificate (PEM). */
  localSocket?: { path: string; clientCertificate(): string };
  /** Stops the server: it drains, then `closed` resolves. */
  signal: AbortSignal;
  /** One line for each defect of the server's own and for failing health checks; standard error unless said. */
  log?(line: string): void;
  now?(): Date;
}

export interface ApiServer extends AsyncDisposable {
  readonly port: number;
  /** Addresses that it listens on. */
  readonly hosts: readonly string[];
  /** Undefined where none was asked for, or its place cannot have one. */
  readonly localSocket: string | undefined;
  /** Resolves when every request has been answered and every connection is closed. */
  readonly closed: Promise<void>;
  /** New connections get this certificate; old ones keep theirs. */
  renewTls(tls: ServerTls): void;
}

/** As in kube-apiserver. */
const IN_FLIGHT = { reading: 400, writing: 200 };
const LONGEST_REQUEST_MILLISECONDS = 60_000;

/** Listens on return. Throws the system's error (EADDRINUSE, EACCES) when it cannot. */
export async function openApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { storage, routes = [], log = console.error } = options;
  /** Fires when draining begins: watches end, readiness fails. */
  const draining = new AbortController();
  const resources = new ResourceIndex(options.resources, storage);
  const store = objectReader(resources);
  const { authenticator, authorizer, admission, virtual } = options.policy(store);
  const api: ApiContext = {
    storage,
    resources,
    admission,
    authorizer,
    now: options.now ?? (() => new Date()),
    signal: draining.signal,
  };
  const checks: HealthCheck[] = [
    { name: 'ping', check: () => undefined },
    { name: 'storage', check: async () => void (await storage.currentRevision()) },
    ...(options.checks ?? []),
    { name: 'shutdown', only: 'readyz', check: () => draining.signal.throwIfAborted() },
  ];
  const catalog = lazy(() => buildCatalog(resources.all, virtual));
  const metrics = new Metrics();
  const handle = pipeline(
    [
      answerErrors(log),
      metrics.filter,
      limitInFlight(IN_FLIGHT),
      limitTime(LONGEST_REQUEST_MILLISECONDS),
      authenticate(authenticator, ({ request }) => readCredentials(request)),
      actAs(authorizer),
      authorize(authorizer),
    ],
    dispatchTo({
      api,
      store,
      virtual,
      connect: options.connect,
      routes: [
        ...routes,
        health(checks, log),
        version,
        discovery(catalog, () => `127.0.0.1:${listener.port}`),
        rootPaths(catalog),
        openApiRoute(options.resources, virtual),
        metrics.route,
      ],
    }),
  );

  const active = new Roster<Active>();
  const start = (exchange: Exchange, connection: ServerResponse | Duplex) => {
    connection.once('close', () => {
      exchange.abort(new Error('the client has gone'));
      // only now is the connection idle, and a draining server keeps none
      if (draining.signal.aborted) setImmediate(() => listener.closeIdle());
    });
    const work = handle(exchange)
      .catch((error: unknown) => log(`a request could not be answered: ${String(error)}`))
      .finally(() => active.delete(entry));
    const entry = { exchange, work, rosterIndex: -1 };
    active.add(entry);
  };
  const { localSocket } = options;
  const listener = await openListener({
    tls: options.tls,
    listen: options.listen,
    localSocket: localSocket && {
      path: localSocket.path,
      onConnection: (socket) => countAsHolder(socket, localSocket.clientCertificate()),
    },
    onRequest: (request: IncomingMessage, response: ServerResponse) =>
      start(new Exchange(request, response, undefined), response),
    onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      start(new Exchange(request, undefined, { socket, head, switched: false }), socket),
  });

  const drain = async () => {
    draining.abort(new Error('the server is stopping'));
    const closed = listener.close();
    const left = [...active];
    for (const { exchange } of left) if (connects(exchange)) exchange.abort(draining.signal.reason);
    await Promise.all(left.map(({ work }) => work));
    await closed;
    resources[Symbol.dispose]();
  };
  let closing: Promise<void> | undefined;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const close = () => {
    closing ??= drain().then(resolve);
    return closing;
  };
  if (options.signal.aborted) await close();
  else options.signal.addEventListener('abort', () => void close(), { once: true });
  return {
    port: listener.port,
    hosts: listener.hosts,
    localSocket: listener.localSocket,
    closed,
    renewTls: (tls) => listener.renewTls(tls),
    [Symbol.asyncDispose]: close,
  };
}

interface Active extends Rostered {
  readonly exchange: Exchange;
  readonly work: Promise<void>;
}

/** Connections through the server last as long as their ends like: at a stop they are ended, everything else is awaited. */
function connects({ infoIfParsed: info }: Exchange): boolean {
  return info !== undefined && isLongRunning(info) && info.verb !== 'watch';
}
