import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer, request as sendRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { testCertificate } from '../../../test/certificate.ts';
import type { KubeObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { openUpstreamPool } from '../../net/http1/pool.ts';
import { parseRequestInfo } from '../request-info.ts';
import { createConnector } from './connect.ts';
import type { ConnectRequest } from './connector.ts';

const address = '127.90.0.1';
const proxy = '/api/v1/namespaces/n/pods/p:PORT/proxy';

async function listen(t: TestContext, server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** A front that hands every request to the connector, with one pod in its store, and a backend at the pod's address. */
async function setUp(t: TestContext, backend: Server) {
  const port = await listen(t, backend, address);
  const pool = openUpstreamPool();
  t.after(() => pool[Symbol.asyncDispose]());
  const connector = createConnector({
    pool,
    kubelet: () => ({ ca: '', cert: '', key: '' }),
    podRange: '127.90.0.0/16',
  });
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    spec: { containers: [{ name: 'c' }] },
    status: { podIP: address, podIPs: [{ ip: address }] },
  };
  const answer = async (
    request: IncomingMessage,
    more: Partial<ConnectRequest>,
    refuse: (error: StatusError) => void,
  ) => {
    const url = new URL(request.url ?? '/', 'http://front');
    const gone = new AbortController();
    (more.response ?? more.socket)?.on('close', () => gone.abort());
    const info = parseRequestInfo(request.method ?? '', (request.url ?? '').split('?')[0] ?? '', url.searchParams);
    const store = {
      get: async <T extends KubeObject>() => pod as KubeObject as T,
      list: async () => [],
    };
    const user = { name: 'u', groups: [] };
    try {
      await connector({ info, user, request, store, signal: gone.signal, ...more });
    } catch (error) {
      if (error instanceof StatusError) refuse(error);
      else if (!gone.signal.aborted) throw error;
    }
  };
  const front = createServer((request, response) => {
    void answer(request, { response }, (error) => response.writeHead(error.code).end(error.message));
  });
  front.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => {});
    void answer(request, { socket, head }, (error) => socket.end(`HTTP/1.1 ${error.code} X\r\n\r\n${error.message}`));
  });
  const frontPort = await listen(t, front, '127.0.0.1');
  const path = (rest: string, scheme = '') => `${proxy.replace('p:PORT', `${scheme}p:${port}`)}${rest}`;
  const send = async (
    rest: string,
    options: { method?: string; headers?: Record<string, string>; body?: string | Readable; scheme?: string } = {},
  ) => {
    const { method = 'GET', headers = {}, body, scheme } = options;
    const sent = sendRequest({
      port: frontPort,
      host: '127.0.0.1',
      method,
      path: path(rest, scheme),
      headers,
      agent: false,
    });
    if (body instanceof Readable) body.pipe(sent);
    else sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  };
  return { port, frontPort, path, send, pool };
}

test('without the slash after proxy: GET and HEAD are sent there, other methods go through', async (t) => {
  const { send, path } = await setUp(
    t,
    createServer((request, response) => response.end(`${request.method} ${request.url}`)),
  );
  for (const method of ['GET', 'HEAD']) {
    const response = await send('?a=b', { method });
    assert.deepEqual([response.statusCode, response.headers.location], [301, `${path('/')}?a=b`]);
  }
  assert.equal(await text(await send('?a=b', { method: 'POST' })), 'POST /?a=b');
  assert.equal(await text(await send('/a%2Fb//c/../d?x=%20', {})), 'GET /a%2Fb//c/../d?x=%20');
});

test('the backend gets the client’s request, without what is the API server’s', async (t) => {
  let seen: IncomingHttpHeaders = {};
  const { send, path, frontPort } = await setUp(
    t,
    createServer((request, response) => {
      seen = request.headers;
      response.end();
    }),
  );
  await send('/x?y', {
    headers: {
      Authorization: 'Bearer secret',
      'Impersonate-User': 'root',
      Cookie: 'a=b',
      Connection: 'keep-alive, X-Hop',
      'X-Hop': '1',
      'X-Forwarded-For': '1.2.3.4',
      'X-Forwarded-Proto': 'gopher',
      'X-Own': 'kept',
    },
  });
  const { authorization, cookie, host } = seen;
  assert.deepEqual(
    { authorization, cookie, host },
    { authorization: undefined, cookie: 'a=b', host: `127.0.0.1:${frontPort}` },
  );
  assert.equal(seen['impersonate-user'], undefined);
  assert.equal(seen['x-hop'], undefined);
  assert.equal(seen['x-own'], 'kept');
  assert.equal(seen['x-forwarded-for'], '1.2.3.4, 127.0.0.1');
  assert.equal(seen['x-forwarded-proto'], 'https');
  assert.equal(seen['x-forwarded-uri'], path('/x'));
});

test('redirects are passed on under the prefix and never followed', async (t) => {
  const asked: string[] = [];
  const { send, path, port } = await setUp(
    t,
    createServer((request, response) => {
      asked.push(request.url ?? '');
      response
        .writeHead(302, { Location: request.url === '/abs' ? `http://${address}:${port}/there` : '/login' })
        .end();
    }),
  );
  assert.equal((await send('/a')).headers.location, path('/login'));
  assert.equal((await send('/abs')).headers.location, path('/there'));
  assert.deepEqual(asked, ['/a', '/abs']);
});

test('HTML gets its links rewritten, compressed or not; other types pass as they are', async (t) => {
  const html = '<a href="/x">é</a>';
  const { send, path } = await setUp(
    t,
    createServer((request, response) => {
      const type = request.url === '/text' ? 'text/plain' : 'text/html; charset=utf-8';
      response.setHeader('Content-Type', type);
      if (request.url !== '/gzip') response.setHeader('Content-Length', Buffer.byteLength(html)).end(html);
      else response.setHeader('Content-Encoding', 'gzip').end(gzipSync(html));
    }),
  );
  const rewritten = `<a href="${path('/x')}">é</a>`;
  assert.equal(await text(await send('/')), rewritten);
  const unzipped = await send('/gzip');
  assert.equal(unzipped.headers['content-encoding'], undefined);
  assert.equal(await text(unzipped), rewritten);
  const plain = await send('/text');
  assert.equal(plain.headers['content-length'], String(Buffer.byteLength(html)));
  assert.equal(await text(plain), html);
});

test('HTTPS backends are taken without a check of their certificate', async (t) => {
  const { cert, key } = testCertificate(['some-other-name']);
  const backend: RequestListener = (_, response) => response.end('over TLS');
  const { send } = await setUp(t, createTlsServer({ cert, key }, backend));
  assert.equal(await text(await send('/', { scheme: 'https:' })), 'over TLS');
});

test('a backend that cannot be reached is 503 in upstream’s words', async (t) => {
  const backend = createServer();
  const { send, port } = await setUp(t, backend);
  backend.close();
  const response = await send('/');
  assert.equal(response.statusCode, 503);
  const expected = `error trying to reach service: dial tcp ${address}:${port}: connect: connection refused`;
  assert.equal(await text(response), expected);
});

test('a backend that hangs up without an answer is 503 that says where, once', async (t) => {
  const backend = createServer((request) => request.socket.destroy());
  backend.on('upgrade', (_, socket: Socket) => socket.destroy());
  const { send, port, frontPort, path } = await setUp(t, backend);
  const expected = `error trying to reach service: ${address}:${port}: the server closed the connection without a response`;
  const response = await send('/', { method: 'POST', body: 'x' });
  assert.equal(response.statusCode, 503);
  assert.equal(await text(response), expected);
  assert.equal(await upgrade(frontPort, path('/ws'), ''), `HTTP/1.1 503 X\r\n\r\n${expected}`);
});

test('large bodies flow both ways', async (t) => {
  const { send } = await setUp(
    t,
    createServer((request, response) => request.pipe(response)),
  );
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const body = Readable.from(Array.from({ length: 300 }, () => chunk));
  const response = await send('/', { method: 'POST', body });
  let bytes = 0;
  for await (const part of response) bytes += (part as Buffer).length;
  assert.equal(bytes, 300 * chunk.length);
});

test('the answer of a backend that does not wait for the body reaches the client, whose connection goes on', async (t) => {
  const { frontPort, path } = await setUp(
    t,
    createServer((request, response) => {
      if (request.method === 'GET') response.end('hello');
      else response.writeHead(413, { Connection: 'close', 'Content-Length': 9 }).end('too large');
    }),
  );
  const client = connectTcp({ port: frontPort, host: '127.0.0.1' });
  t.after(() => client.destroy());
  client.setEncoding('latin1');
  client.write(`POST ${path('/')} HTTP/1.1\r\nHost: front\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(400_000)}`);
  let received = '';
  for await (const chunk of client) {
    received += chunk;
    if (received.endsWith('hello')) break;
    if (received.endsWith('too large'))
      client.write(`${'x'.repeat(600_000)}GET ${path('/')} HTTP/1.1\r\nHost: front\r\n\r\n`);
  }
  assert.match(received, /^HTTP\/1.1 413 [\s\S]*\r\n\r\ntoo largeHTTP\/1.1 200 [\s\S]*hello$/);
});

test('an answer that breaks off looks broken off', async (t) => {
  const { send } = await setUp(
    t,
    createServer((_, response) => {
      response.write('half of it');
      setTimeout(() => response.destroy(), 20);
    }),
  );
  const response = await send('/');
  await assert.rejects(text(response), /aborted/);
});

/** Sends an upgrade request by hand and collects what comes back until the connection ends. */
async function upgrade(port: number, path: string, after: string, headers = ''): Promise<string> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: front\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\nAuthorization: Bearer secret\r\n${headers}\r\n${after}`,
  );
  let received = '';
  for await (const chunk of socket) {
    received += (chunk as Buffer).toString();
    if (received.endsWith('bye')) socket.end();
  }
  return received;
}

test('after a valid 101 bytes pass both ways, also those that came with the head', async (t) => {
  const backend = createServer();
  let seen: IncomingHttpHeaders = {};
  backend.on('upgrade', (request, socket: Socket, head: Buffer) => {
    seen = request.headers;
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\nX-From: backend\r\n\r\n',
    );
    const answer = (data: Buffer) => socket.end(`got ${data.toString()}, bye`);
    if (head.length > 0) answer(head);
    else socket.once('data', answer);
  });
  const { frontPort, path } = await setUp(t, backend);
  const subprotocols = 'Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.c2VjcmV0, chat\r\n';
  const received = await upgrade(frontPort, path('/ws'), 'early bytes', subprotocols);
  assert.match(received, /^HTTP\/1.1 101 [\s\S]*X-From: backend[\s\S]*\r\n\r\ngot early bytes, bye$/);
  assert.equal(seen.authorization, undefined);
  assert.equal(seen['sec-websocket-protocol'], 'chat');
  assert.equal(seen['x-forwarded-for'], '127.0.0.1');
});

test('after any other answer nothing is piped: it is passed on and the client’s connection ends', async (t) => {
  const received: string[] = [];
  const backend = createServer();
  const closed = Promise.withResolvers<void>();
  backend.on('upgrade', (_, socket: Socket) => {
    socket.on('data', (data: Buffer) => received.push(data.toString()));
    socket.on('end', () => closed.resolve());
    socket.on('error', () => {});
    socket.write('HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnope');
  });
  const { frontPort, path, pool } = await setUp(t, backend);
  const answer = await upgrade(frontPort, path('/ws'), 'GET /secrets HTTP/1.1\r\n\r\n');
  assert.match(answer, /^HTTP\/1.1 403 No\r\n[\s\S]*Connection: close\r\n\r\nnope$/);
  // Whatever would have been sent is there once the connection is over.
  await pool[Symbol.asyncDispose]();
  await closed.promise;
  assert.deepEqual(received, [], 'not one byte of the client reaches the backend');
});

test('two hosts, and an upgrade with a body, could be read in two ways: the backend is not asked', async (t) => {
  const backend = createServer(() => assert.fail('asked'));
  backend.on('upgrade', () => assert.fail('asked'));
  const { frontPort, path } = await setUp(t, backend);
  for (const lines of ['Host: other\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n'])
    assert.match(await upgrade(frontPort, path('/ws'), 'hello', lines), /^HTTP\/1.1 400 X/, lines);
});
