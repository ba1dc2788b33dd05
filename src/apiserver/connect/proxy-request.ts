/** One request of the proxy verb passed to its backend, and the answer passed back; after `UpgradeAwareHandler`. */
import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { badRequest } from '../../api/status.ts';
import { endToEndHeaders, headerValue, headerValues } from '../../net/http1/headers.ts';
import type { HeaderLines, UpstreamEndpoint, UpstreamPool, UpstreamRequest } from '../../net/http1/upstream.ts';
import { headerLines, isWebSocketRequest, offeredSubprotocols } from '../../net/websocket/handshake.ts';
import type { ConnectRequest } from './connector.ts';
import { unreachable } from './dial-error.ts';
import { passedBody } from './passed-body.ts';
import { relayUntil, writeSwitch } from './pod-stream.ts';
import { linkRewriter, rewriteLink } from './rewrite-links.ts';

export interface ProxyDestination {
  endpoint: UpstreamEndpoint;
  /** A kubelet is no application: its answers are passed on without touching links. */
  rewritesLinks: boolean;
}

/** What belongs to the API server alone and never reaches a backend. */
const PRIVATE_HEADERS = /^(authorization|proxy-authorization|impersonate-.*|expect|x-forwarded-(uri|host|proto))$/i;
const BEARER_SUBPROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** Throws `StatusError` while nothing was answered. Redirects are passed on, never followed. */
export async function proxyRequest(
  connect: ConnectRequest,
  pool: UpstreamPool,
  { endpoint, rewritesLinks }: ProxyDestination,
): Promise<void> {
  const { info, request, response, socket, head, signal } = connect;
  const url = request.url ?? '/';
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const method = request.method ?? 'GET';
  if (info.rest === '' && socket === undefined && (method === 'GET' || method === 'HEAD')) {
    response?.writeHead(301, { Location: `${info.path}/${query}`, 'Content-Length': 0 });
    response?.end();
    return;
  }
  const prefix = info.rest === '' ? info.path : info.path.slice(0, -info.rest.length);
  const target = `${info.rest === '' ? '/' : info.rest}${query}`;
  const received = headerLines(request.rawHeaders);
  // Two hops could choose differently among two hosts, and take a body for the first bytes after the upgrade.
  if (headerValues(received, 'host').length !== 1) throw badRequest('a request needs exactly one Host header');
  const hasBody =
    headerValue(received, 'content-length') !== undefined || request.headers['transfer-encoding'] !== undefined;
  if (socket !== undefined && hasBody) throw badRequest('a request to upgrade the connection must have no body');
  const backend = endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
  const links = { prefix, backend, requestHost: headerValue(received, 'host') ?? '' };
  const headers = [...passedHeaders(received), ...forwardedHeaders(request, received, info.path)];

  if (socket !== undefined) {
    const upgrade = { method, target, headers: [...headers, ...upgradeHeaders(received)], signal };
    const answer = await send(() => pool.upgrade(endpoint, upgrade), endpoint, signal);
    if (answer.upgraded) {
      writeSwitch(socket, answer.headers);
      if (head !== undefined && head.length > 0) socket.unshift(head);
      await relayUntil(socket, answer.stream, signal);
      return;
    }
    // Anything but 101 is the backend's last word: it is passed on and both connections end.
    const lines = endToEndHeaders(answer.headers).filter(
      ([name]) => !/^(transfer-encoding|content-length)$/i.test(name),
    );
    const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`HTTP/1.1 ${answer.status} ${answer.statusText}\r\n${text}Connection: close\r\n\r\n`);
    await pipeline(answer.body, socket).catch(() => {});
    // What the client still sends goes nowhere; one that does not hang up is cut off.
    socket.resume();
    const patience = setTimeout(() => socket.destroy(), 2000).unref();
    socket.once('close', () => clearTimeout(patience));
    return;
  }

  if (response === undefined) throw badRequest('there is nothing to answer on');
  const body = hasBody ? passedBody(request) : undefined;
  const upstream: UpstreamRequest = { method, target, headers, signal, ...(body && { body }) };
  const answer = await send(() => pool.request(endpoint, upstream), endpoint, signal).catch((error: unknown) => {
    body?.destroy();
    throw error;
  });
  const back = endToEndHeaders(answer.headers).filter(([name]) => !/^(transfer-encoding|trailer)$/i.test(name));
  // A part of a page keeps its place and length.
  const stages = rewritesLinks && answer.status !== 206 ? await rewriteAnswer(back, links) : [];
  response.writeHead(answer.status, answer.statusText, back.flat());
  await pipeline([answer.body, ...stages, response]).catch(() => {});
}

async function send<T>(exchange: () => Promise<T>, endpoint: UpstreamEndpoint, signal: AbortSignal): Promise<T> {
  try {
    return await exchange();
  } catch (error) {
    // Whoever asked has gone, or the server stops: there is nobody to tell.
    if (signal.aborted) throw error;
    throw unreachable(error, endpoint);
  }
}

function passedHeaders(received: HeaderLines): [string, string][] {
  return endToEndHeaders(received).flatMap(([name, value]): [string, string][] => {
    if (PRIVATE_HEADERS.test(name)) return [];
    if (/^transfer-encoding$/i.test(name)) return [];
    if (/^x-forwarded-for$/i.test(name)) return [];
    if (/^sec-websocket-protocol$/i.test(name)) {
      // Browsers hand a token to the API server as a subprotocol.
      const own = offeredSubprotocols([[name, value]]).filter((offer) => !offer.startsWith(BEARER_SUBPROTOCOL));
      return own.length === 0 ? [] : [[name, own.join(', ')]];
    }
    return [[name, value]];
  });
}

function forwardedHeaders(request: IncomingMessage, received: HeaderLines, path: string): [string, string][] {
  const before = headerValue(received, 'x-forwarded-for');
  const client = request.socket.remoteAddress ?? '';
  const host = headerValue(received, 'host');
  return [
    ['X-Forwarded-For', before === undefined ? client : `${before}, ${client}`],
    ['X-Forwarded-Uri', path],
    ...(host === undefined ? [] : [['X-Forwarded-Host', host] satisfies [string, string]]),
    ['X-Forwarded-Proto', 'https'],
  ];
}

function upgradeHeaders(received: HeaderLines): [string, string][] {
  const protocol = isWebSocketRequest(received) ? 'websocket' : (headerValue(received, 'upgrade') ?? '');
  return [
    ['Connection', 'Upgrade'],
    ['Upgrade', protocol],
  ];
}

/** Changes the headers in place, and gives what the body has to go through. */
async function rewriteAnswer(
  headers: [string, string][],
  links: { prefix: string; backend: string; requestHost: string },
): Promise<Transform[]> {
  const at = headers.findIndex(([name]) => /^location$/i.test(name));
  const location = headers[at];
  if (location !== undefined) {
    location[1] = rewriteLink(location[1], links);
    return [];
  }
  const type = (headerValue(headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'text/html') return [];
  const encoding = (headerValue(headers, 'content-encoding') ?? '').trim().toLowerCase();
  const stages: Transform[] = [];
  if (encoding !== '' && encoding !== 'identity') {
    const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
    const decoders = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };
    const decoder = Object.entries(decoders).find(([name]) => name === encoding)?.[1];
    // In an encoding that nobody here reads, links cannot be found.
    if (decoder === undefined) return [];
    stages.push(decoder());
  }
  // The length changes, and an encoded body is sent on decoded.
  for (let index = headers.length - 1; index >= 0; index -= 1) {
    if (/^(content-length|content-encoding|content-md5|digest)$/i.test(headers[index]?.[0] ?? ''))
      headers.splice(index, 1);
  }
  return [...stages, linkRewriter(links)];
}
