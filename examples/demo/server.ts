/**
 * The sample application: a harbour office in the browser. It is written as most web applications are, for an origin of its
 * own: links and requests from `/`, a session cookie, HTTP's own authentication, a WebSocket.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { openLive } from './live.ts';
import { endedSessionCookie, readSession, sessionCookie } from './session.ts';

const { POD_NAME: pod = 'no-pod', NODE_NAME: node = 'no-node', HARBOUR_NAME: harbour = 'Harbour' } = process.env;
const sessionKey = process.env.SESSION_KEY ?? randomBytes(32).toString('hex');
const masterPassword = process.env.MASTER_PASSWORD;
const startedAt = Date.now();
let answered = 0;
let leaving = false;

const site = new URL('./site/', import.meta.url);
async function page(file: string, type: string): Promise<{ type: string; body: Buffer }> {
  return { type, body: await readFile(new URL(file, site)) };
}
const files = new Map([
  ['/', await page('page.html', 'text/html; charset=utf-8')],
  ['/assets/page.css', await page('page.css', 'text/css; charset=utf-8')],
  ['/assets/page.js', await page('page.js', 'text/javascript; charset=utf-8')],
  ['/assets/icon.svg', await page('icon.svg', 'image/svg+xml')],
]);

const live = openLive({
  report: () => ({ pod, answered, visitors: live.visitors, upSeconds: Math.round((Date.now() - startedAt) / 1000) }),
});

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

const routes: Record<string, Handler> = {
  'GET /healthz': (_, response) => send(response, leaving ? 503 : 200, leaving ? 'leaving' : 'ok'),
  'GET /api/office': (request, response) => {
    answered++;
    const session = readSession(request.headers.cookie, sessionKey, new Date());
    sendJson(response, 200, { harbour, pod, node, answered, user: session?.user, signedInAt: session?.signedInAt });
  },
  'POST /login': async (request, response) => {
    const user = new URLSearchParams(await readBody(request)).get('user')?.trim().slice(0, 40) ?? '';
    if (user === '') return send(response, 400, 'A name is needed to sign in.');
    response.setHeader('Set-Cookie', sessionCookie({ user, signedInAt: pod }, sessionKey, new Date()));
    return redirect(response, '/');
  },
  'POST /logout': (_, response) => {
    response.setHeader('Set-Cookie', endedSessionCookie);
    redirect(response, '/');
  },
  'GET /master': (request, response) => {
    if (!isMaster(request)) {
      response.setHeader('WWW-Authenticate', 'Basic realm="Harbour master", charset="UTF-8"');
      return send(response, 401, 'Only for the harbour master (in this sample: master, lighthouse).');
    }
    return sendJson(response, 200, {
      master: true,
      pod,
      node,
      address: process.env.POD_IP,
      answered,
      visitors: live.visitors,
      residentMegabytes: Math.round(process.memoryUsage().rss / 1e6),
    });
  },
};

function isMaster(request: IncomingMessage): boolean {
  const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ', 2);
  if (scheme?.toLowerCase() !== 'basic' || masterPassword === undefined) return false;
  return Buffer.from(credentials, 'base64').toString() === `master:${masterPassword}`;
}

/** False for what a page of another origin sends in the visitor's name. */
function isOwnOrigin({ headers }: IncomingMessage): boolean {
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Answered-By': pod,
  });
  response.end(body);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, `${JSON.stringify(value)}\n`, 'application/json');
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { Location: location, 'Content-Length': 0, 'X-Answered-By': pod });
  response.end();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > 4096) throw new Error('The form is longer than 4096 bytes.');
  }
  return Buffer.concat(chunks).toString();
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://harbour').pathname;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const file = files.get(path);
  if (file !== undefined && method === 'GET') return send(response, 200, file.body, file.type);
  const handler = routes[`${method} ${path}`];
  if (handler === undefined) return send(response, 404, `There is no ${path} in this harbour.`);
  if (method === 'POST' && !isOwnOrigin(request)) return send(response, 403, 'That form was not sent from this page.');
  return handler(request, response);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else send(response, 400, error instanceof Error ? error.message : 'That was not understood.');
  });
});

server.on('upgrade', (request, socket, head) => {
  if (request.url !== '/live' || !isOwnOrigin(request)) {
    socket.end(`HTTP/1.1 ${request.url === '/live' ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`);
    return;
  }
  const user = readSession(request.headers.cookie, sessionKey, new Date())?.user ?? 'A stranger';
  live.accept(request, socket, head, user);
});

process.once('SIGTERM', () => {
  leaving = true;
  live.close();
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 3000).unref();
});

server.listen(8080, process.env.POD_IP, () => console.log(`${harbour} is open: ${pod} on ${node}`));
