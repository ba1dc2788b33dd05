import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as tcpConnect } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { openTestServer } from './testing-server.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';

test('nobody gets health and version, and 401 for everything else', async () => {
  await using server = await openTestServer();
  for (const open of ['/healthz', '/livez', '/readyz', '/readyz/ping', '/readyz?verbose', '/version']) {
    assert.equal((await server.call(open, { token: null })).status, 200, open);
  }
  for (const closed of [path, '/api', '/metrics', '/', '/healthz/../api', '/versions']) {
    const { status, json, headers } = await server.call(closed, { token: null });
    assert.ok([400, 401].includes(status), closed);
    assert.deepEqual([json.kind, json.status], ['Status', 'Failure']);
    if (status === 401) assert.match(String(headers['www-authenticate']), /^Bearer/);
  }
  assert.equal((await server.call('/healthz', { token: 'wrong' })).status, 401);
});

test('what is not allowed is 403 in the words of Kubernetes', async () => {
  await using server = await openTestServer();
  const cases: [method: string, url: string, message: string][] = [
    [
      'GET',
      path,
      'widgets.test.example is forbidden: User "nobody" cannot list resource "widgets" in API group "test.example" in the namespace "a"',
    ],
    [
      'GET',
      `${path}/w/scale`,
      'widgets.test.example "w" is forbidden: User "nobody" cannot get resource "widgets/scale" in API group "test.example" in the namespace "a"',
    ],
    [
      'DELETE',
      '/apis/test.example/v1/boxes/b',
      'boxes.test.example "b" is forbidden: User "nobody" cannot delete resource "boxes" in API group "test.example" at the cluster scope',
    ],
    ['GET', '/metrics', 'forbidden: User "nobody" cannot get path "/metrics"'],
  ];
  for (const [method, url, message] of cases) {
    const { status, json } = await server.call(url, { method, token: 'nobody' });
    assert.deepEqual([status, json.reason, json.message], [403, 'Forbidden', message]);
  }
});

test('a body above the limit is 413', async () => {
  await using server = await openTestServer();
  const body = Buffer.alloc(3 * 1024 * 1024 + 1, 0x20);
  const { status, json } = await server.call(path, { method: 'POST', body });
  assert.deepEqual([status, json.reason], [413, 'RequestEntityTooLarge']);
  assert.equal(json.message, 'Request entity too large: limit is 3145728');
});

test('a client that is still sending a body above the limit is not reset before it has read the answer', async (t) => {
  await using server = await openTestServer();
  const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.allowHalfOpen = true;
  await once(socket, 'secureConnect');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed = once(socket, 'close');
  const piece = Buffer.alloc(256 * 1024, 0x20);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nContent-Length: ${16 * piece.length}\r\n\r\n`,
  );
  socket.write(piece);
  let answer = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) answer += chunk;
  assert.match(answer, /^HTTP\/1.1 413 [\s\S]*limit is 3145728/);
  for (let index = 1; index < 16; index += 1) await new Promise((written) => socket.write(piece, written));
  socket.end();
  const [hadError] = await closed;
  assert.equal(hadError, false);
});

test('a path that could be read in two ways is 400', async () => {
  await using server = await openTestServer();
  for (const url of [
    '/api/v1/namespaces/a/pods%2Fx',
    '/api//v1/pods',
    '/apis/test.example/v1/namespaces/a/widgets/..',
  ]) {
    assert.equal((await server.call(url)).status, 400, url);
  }
});

test('a defect is logged with its audit id and answered without details', async () => {
  const lines: string[] = [];
  await using server = await openTestServer({
    log: (line) => lines.push(line),
    routes: [
      ({ info }) => {
        if (info.path === '/broken') throw new TypeError('the secret inside');
        return undefined;
      },
    ],
  });
  const { status, text, headers } = await server.call('/broken');
  assert.equal(status, 500);
  assert.ok(!text.includes('secret'));
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.includes(String(headers['audit-id'])) && lines[0].includes('the secret inside'));
});

test('a failing check makes the server unready and is named', async () => {
  let up = false;
  const check = () => {
    if (!up) throw new Error('not yet');
  };
  await using server = await openTestServer({
    checks: [{ name: 'roles', only: 'readyz', check }],
    log: () => undefined,
  });
  const waiting = await server.call('/readyz');
  assert.equal(waiting.status, 500);
  assert.match(waiting.text, /\[\+\]ping ok\n\[\+\]storage ok\n\[-\]roles failed: reason withheld\n/);
  assert.equal((await server.call('/livez')).text, 'ok');
  up = true;
  assert.equal((await server.call('/readyz')).text, 'ok');
});

test('metrics count what was asked', async () => {
  await using server = await openTestServer();
  await server.call(path);
  await server.call(`${path}/none`);
  const { text } = await server.call('/metrics');
  assert.match(text, /apiserver_request_total\{verb="list",resource="widgets",subresource="",code="200"\} 1\n/);
  assert.match(text, /apiserver_request_total\{verb="get",resource="widgets",subresource="",code="404"\} 1\n/);
});

test('a stop ends watches at an event boundary and closes every connection', async () => {
  await using server = await openTestServer();
  await server.call(path, { method: 'POST', body: { metadata: { name: 'w' } } });
  const watch = await server.watch(`${path}?watch=1`);
  assert.equal((await watch.next()).type, 'ADDED');
  await server.stop();
  assert.deepEqual(await watch.rest(), []);
  const [error] = await once(tcpConnect(server.port, '127.0.0.1'), 'error').catch((failure: unknown) => [failure]);
  assert.match(String(error), /ECONNREFUSED/);
});

test('a stop waits for requests that are being worked on', async () => {
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using server = await openTestServer({
    routes: [
      ({ info, response }) => {
        if (info.path !== '/slow') return undefined;
        enter();
        return released.then(() => void response?.end('done'));
      },
    ],
  });
  const answer = server.call('/slow');
  await entered;
  const stopped = server.stop();
  let ended = false;
  void stopped.then(() => {
    ended = true;
  });
  await new Promise(setImmediate);
  assert.equal(ended, false);
  release();
  assert.equal((await answer).text, 'done');
  await stopped;
});

test('connections are handed to the connector, upgrades as raw sockets, after the right to create was asked', async () => {
  const seen: string[] = [];
  const asked: string[] = [];
  await using server = await openTestServer({
    policy: {
      async authorizer({ user, verb, resource, subresource }) {
        asked.push(`${verb} ${resource}/${subresource}`);
        return { allowed: user.name === 'admin', reason: '' };
      },
    },
    async connect({ info, socket, response }) {
      seen.push(`${info.name} ${info.subresource} ${info.rest}`);
      response?.end('ordinary');
      socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nraw');
    },
  });
  const pod = '/api/v1/namespaces/a/pods/p';
  assert.equal((await server.call(`${pod}/proxy/x//y`)).text, 'ordinary');
  const upgrade = (url: string, token: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.once('close', () => resolve(text)).once('error', reject);
      socket.write(
        `GET ${url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      );
    });
  assert.match(await upgrade(`${pod}/exec?command=ls`, 'admin'), /^HTTP\/1.1 101 .*raw$/s);
  const refused = await upgrade(`${pod}/exec?command=ls`, 'nobody');
  assert.match(refused, /^HTTP\/1.1 403 Forbidden\r\n/);
  assert.match(refused, /cannot create resource \\"pods\/exec\\"/);
  assert.match(await upgrade(path, 'admin'), /^HTTP\/1.1 400 /);
  assert.deepEqual(seen, ['p proxy /x//y', 'p exec ']);
  assert.deepEqual(asked.slice(0, 3), ['get pods/proxy', 'create pods/exec', 'create pods/exec']);
});

test('every answer about a deprecated kind warns of it', async () => {
  await using server = await openTestServer();
  const warning = '299 - "boxes are deprecated; use widgets"';
  for (const path of ['boxes', 'boxes/no-such', 'boxes?watch=true&timeoutSeconds=1']) {
    assert.equal((await server.call(`/apis/test.example/v1/${path}`)).headers.warning, warning, path);
  }
});
