/** The kubelet's HTTPS API: the API server's only door to pods. It admits that one client and nobody else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { metricsMediaType, metricsText } from '../../net/prometheus.ts';
import { isSpdyRequest } from '../../net/spdy/handshake.ts';
import { headerLines, isWebSocketRequest, offeredSubprotocols } from '../../net/websocket/handshake.ts';
import { serveAttach } from './attach.ts';
import { serveContainerLogs } from './container-logs.ts';
import { serveExec } from './exec.ts';
import { HttpError } from './http-error.ts';
import { kubeletMetrics, statsSummary } from './metrics.ts';
import type { PodAccess, PodHandle } from './pod-access.ts';
import { servePortForward } from './port-forward.ts';

/** PEM texts. */
export interface NodePki {
  /** The cluster's CA, which signs client certificates. */
  ca: string;
  /** The node's serving certificate, valid for its address. */
  cert: string;
  key: string;
}

export interface KubeletServer extends AsyncDisposable {
  port: number;
}

/** The one client that is admitted, by the common name of its certificate. */
const CLIENT = 'kube-apiserver-kubelet-client';
const KEEP_ALIVE_MS = 300_000;
/** More than it takes to end what runs (a terminal is hung up first) and to tell its clients: none of them holds the node up for longer. */
const LEAVE_MS = 3000;

export async function startKubeletServer(options: {
  host: string;
  /** 0: any free one. */
  port: number;
  nodeName: string;
  pki: NodePki;
  access: PodAccess;
}): Promise<KubeletServer> {
  const { host, port, nodeName, pki, access } = options;
  const { createServer } = await import('node:https');
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const server = createServer({
    ca: pki.ca,
    cert: pki.cert,
    key: pki.key,
    requestCert: true,
    // A client without a certificate gets an answer that says so instead of a broken handshake.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  });
  // The API server keeps connections for later: it is not to find them closed just as it takes one up.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const track = (work: Promise<void>) => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    track(
      answer(request, response, { nodeName, access, signal: stopping.signal }).catch((error: Error) => {
        if (response.headersSent || response.destroyed) {
          response.destroy();
          return;
        }
        const status = error instanceof HttpError ? error.status : 500;
        response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
        response.end(`${error.message}\n`);
      }),
    );
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    track(
      upgrade(request, socket, head, { access, signal: stopping.signal }).catch((error: Error) => {
        const status = error instanceof HttpError ? error.status : 500;
        const body = `${error.message}\n`;
        socket.end(
          `HTTP/1.1 ${status} ${status < 500 ? 'Refused' : 'Failed'}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
            `Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const left = new AbortController();
      const ended = Promise.allSettled([...running]).then(() => left.abort());
      await sleepUnlessAborted(LEAVE_MS, left.signal);
      for (const socket of sockets) socket.destroy();
      await ended;
      await closed;
    },
  };
}

interface Surroundings {
  access: PodAccess;
  signal: AbortSignal;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { nodeName, access, signal }: Surroundings & { nodeName: string },
): Promise<void> {
  admit(request);
  const url = new URL(request.url ?? '/', 'https://node');
  const [, verb = '', ...rest] = url.pathname.split('/').map(decode);
  if (verb === 'exec' || verb === 'attach' || verb === 'portForward') {
    throw new HttpError(400, `${verb} needs an upgrade to a WebSocket or to SPDY/3.1`);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpError(405, 'only GET is served here');
  const text = (type: string, body: string) => {
    response.writeHead(200, { 'Content-Type': type });
    response.end(body);
  };
  switch (verb === 'containerLogs' ? verb : [verb, ...rest].join('/')) {
    case 'healthz':
      return text('text/plain; charset=utf-8', 'ok');
    case 'pods':
    case 'runningpods': {
      const pods = access.pods();
      const items = verb === 'pods' ? pods : pods.filter(({ status }) => status?.phase === 'Running');
      return text('application/json', JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items }));
    }
    case 'metrics':
      return text(metricsMediaType, metricsText(kubeletMetrics(access)));
    case 'stats/summary':
      return text('application/json', JSON.stringify(statsSummary(nodeName, access)));
    case 'containerLogs': {
      if (rest.length !== 3) break;
      const [handle, container] = locate(access, rest);
      return await serveContainerLogs(handle, container, url.searchParams, response, signal);
    }
    default:
      break;
  }
  throw new HttpError(404, `${url.pathname} is not served by this node`);
}

async function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { access, signal }: Surroundings,
): Promise<void> {
  admit(request);
  const url = new URL(request.url ?? '/', 'https://node');
  const [, verb = '', ...rest] = url.pathname.split('/').map(decode);
  if (head.length > 0) socket.unshift(head);
  const headers = headerLines(request.rawHeaders);
  const asked = { method: request.method ?? '', headers, socket };
  const isSpdy = isSpdyRequest(headers);
  if (!isSpdy && !isWebSocketRequest(headers)) throw new HttpError(400, 'upgrades are to a WebSocket or to SPDY/3.1');
  if (verb === 'exec') {
    const [handle, container] = locate(access, rest);
    return await serveExec(handle, container, url.searchParams, asked, signal);
  }
  if (verb === 'attach') {
    const [handle, container] = locate(access, rest);
    return await serveAttach(handle, container, url.searchParams, asked, signal);
  }
  if (verb === 'portForward') {
    const [handle] = locate(access, rest);
    if (isSpdy || offeredSubprotocols(headers).some((name) => name.startsWith('SPDY/'))) {
      const { serveSpdyPortForward } = await import('./port-forward-spdy.ts');
      return await serveSpdyPortForward(handle, asked, signal);
    }
    return await servePortForward(handle, url.searchParams, asked, signal);
  }
  throw new HttpError(404, `${url.pathname} is not served by this node as an upgrade`);
}

/** Throws 401 for a client without a certificate of the cluster's CA, 403 for any but the API server. */
function admit(request: IncomingMessage): void {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) throw new HttpError(401, "a client certificate of the cluster's CA is needed");
  const { CN } = socket.getPeerCertificate().subject;
  if (CN !== CLIENT) throw new HttpError(403, `only ${CLIENT} may use this API`);
}

function locate(access: PodAccess, [namespace = '', name = '', container = '']: string[]): [PodHandle, string] {
  const handle = access.find(namespace, name);
  if (handle === undefined) throw new HttpError(404, `pod ${namespace}/${name} is not on this node`);
  return [handle, container];
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(400, 'the path holds a malformed escape');
  }
}
