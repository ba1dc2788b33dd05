/** The API server: HTTPS on loopback, every request through one list of filters, reads from the watch cache. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AdmissionPlugin } from './admission/admission.ts';
import type { Authenticator, Authorizer, Credentials } from './auth/types.ts';
import { dispatchTo } from './dispatch.ts';
import type { Upgrade } from './exchange.ts';
import { Exchange } from './exchange.ts';
import { authenticate } from './filters/authentication.ts';
import { authorize } from './filters/authorization.ts';
import { limitTime } from './filters/deadline.ts';
import type { DefectLog } from './filters/errors.ts';
import { answerErrors } from './filters/errors.ts';
import { pipeline } from './filters/filter.ts';
import { limitInFlight } from './filters/in-flight.ts';
import type { ResourceDefinition } from './resources/resource.ts';
import { ResourceIndex } from './served-resource.ts';
import type { Storage } from './storage/storage.ts';
import type { ApiContext } from './verbs/verb.ts';

export interface ApiServerOptions {
  storage: Storage;
  resources: readonly ResourceDefinition[];
  authenticator: Authenticator;
  authorizer: Authorizer;
  readCredentials(request: IncomingMessage): Credentials;
  admission?: readonly AdmissionPlugin[];
  /** PEM: the server's certificate chain and key, and the CA of client certificates. */
  tls: { cert: string; key: string; clientCa?: string };
  /** Addresses to listen on, all with the same port; port 0: any free one. */
  listen: { hosts: readonly string[]; port: number };
  /** Stops the server: it drains, and `closed` resolves. */
  signal: AbortSignal;
  log?: DefectLog;
  now?(): Date;
}

export interface ApiServer extends AsyncDisposable {
  readonly port: number;
  readonly addresses: readonly AddressInfo[];
  /** Resolves when the server has drained. */
  readonly closed: Promise<void>;
}

export async function openApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { storage, resources, authenticator, authorizer, readCredentials, log = console.error } = options;
  const stop = new AbortController();
  const api: ApiContext = {
    storage,
    resources: new ResourceIndex(resources, storage, stop.signal),
    admission: options.admission ?? [],
    now: options.now ?? (() => new Date()),
    signal: AbortSignal.any([options.signal, stop.signal]),
  };
  const handle = pipeline(
    [
      answerErrors(log),
      limitInFlight({ reading: 400, writing: 200 }),
      limitTime(60_000),
      authenticate(authenticator, ({ request }) => readCredentials(request)),
      authorize(authorizer),
    ],
    dispatchTo(api),
  );
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const exchange = new Exchange(request, response, undefined);
    response.once('close', () => exchange.abort(new Error('the client has gone')));
    void handle(exchange);
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const upgrade: Upgrade = { socket, head };
    const exchange = new Exchange(request, undefined, upgrade);
    socket.on('error', () => undefined);
    socket.once('close', () => exchange.abort(new Error('the client has gone')));
    void handle(exchange);
  };
  const { cert, key, clientCa } = options.tls;
  const servers: Server[] = [];
  let { port } = options.listen;
  for (const host of options.listen.hosts) {
    const server = createServer(
      { cert, key, ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }) },
      onRequest,
    );
    server.on('upgrade', onUpgrade);
    await listenOn(server, host, port);
    servers.push(server);
    port = addressOf(server).port;
  }
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const close = async () => {
    stop.abort();
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    resolve();
  };
  options.signal.addEventListener('abort', () => void close(), { once: true });
  return {
    port,
    addresses: servers.map(addressOf),
    closed,
    async [Symbol.asyncDispose]() {
      void close();
      await closed;
    },
  };
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP address');
  return address;
}
