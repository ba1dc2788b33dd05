import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { GatewayFixture } from '../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { RawClient } from '../../test/raw-sockets.ts';

const host = 'web.shop.localhost';

interface Stage extends AsyncDisposable {
  gateway: GatewayFixture;
  /** What reached the application: method and headers. */
  reached: { method: string | undefined; headers: IncomingHttpHeaders }[];
}

/** The gateway with one application behind it that answers everything, upgrades too. */
async function openStage(): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const reached: Stage['reached'] = [];
  const app = createServer(({ method, headers }, response) => {
    reached.push({ method, headers });
    response.end('done');
  });
  app.on('upgrade', ({ method, headers }, socket) => {
    reached.push({ method, headers });
    socket.on('error', () => {});
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\nbye');
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  parts.defer(async () => {
    app.closeAllConnections();
    app.close();
    await once(app, 'close');
  });
  const gateway = parts.use(await openGatewayFixture());
  const { port } = app.address() as AddressInfo;
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: { 80: port } }]);
  const running = parts.move();
  return { gateway, reached, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** The status that a request to switch protocols is answered with, and what came after. */
async function upgrade(
  gateway: GatewayFixture,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  using client = await RawClient.open(gateway.port);
  const lines = Object.entries({ ...headers, Connection: 'Upgrade', Upgrade: 'tunnel' });
  client.send(
    `GET / HTTP/1.1\r\nHost: ${host}:${gateway.port}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  const [, status] = await client.until(/^HTTP\/1\.1 (\d+) [\s\S]*(?:\}\n|bye)$/);
  return { status: Number(status), text: client.received };
}

const foreign = [
  'https://evil.example',
  'http://localhost.evil.example',
  'http://evil-localhost',
  'http://evil.example:8001',
  'http://127.0.0.1.evil.example',
  'http://127.0.0.256',
  'http://128.0.0.1',
  'http://10.0.0.1',
  'http://0.0.0.0',
  'http://[::2]',
  'http://web.shop.localhost.',
  'http://localhost/',
  'http://localhost@evil.example',
  'chrome-extension://localhost',
  'ftp://localhost',
  'file://',
  'http://localhost, https://evil.example',
  '',
];

const own = [
  'http://localhost',
  'https://localhost:8443',
  `http://${host}:8001`,
  'http://a.b.c.svc.dev.localhost',
  'http://127.0.0.1:3000',
  'http://127.255.254.253',
  'http://[::1]:9',
  'HTTP://LocalHost:1',
];

test("other sites' pages cannot change an application or open connections to it", async () => {
  await using stage = await openStage();
  const { gateway, reached } = stage;
  for (const origin of foreign) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE']) {
      const { status, body } = await gateway.ask('/', { host, method, headers: { Origin: origin } });
      assert.equal(status, 403, `${method} ${origin}`);
      const { kind, message }: { kind: string; message: string } = JSON.parse(body);
      assert.equal(kind, 'Status');
      const named = `Refused by the gateway: a page of ${JSON.stringify(origin)} may not act on applications of the cluster`;
      assert.ok(message.startsWith(named), message);
    }
    const { status, text } = await upgrade(gateway, { Origin: origin, 'Sec-Fetch-Site': 'same-origin' });
    assert.equal(status, 403, `upgrade ${origin}`);
    assert.match(text, /may not open connections to applications of the cluster/);
  }
  assert.deepEqual(reached, []);
});

test('pages of this machine can, and the application sees their origin as it was', async () => {
  await using stage = await openStage();
  const { gateway, reached } = stage;
  for (const origin of own) {
    const headers = { Origin: origin, 'Sec-Fetch-Site': 'cross-site' };
    assert.equal((await gateway.ask('/', { host, method: 'POST', headers })).status, 200, origin);
    assert.equal(reached.at(-1)?.headers.origin, origin);
    assert.equal((await upgrade(gateway, headers)).status, 101, origin);
    assert.equal(reached.at(-1)?.headers.origin, origin);
  }
  assert.equal(reached.length, 2 * own.length);
});

test('a hidden or absent origin is judged by Sec-Fetch-Site', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  for (const [origin, site, passes] of [
    ['null', undefined, false],
    ['null', 'cross-site', false],
    ['null', 'same-origin', true],
    ['null', 'same-site', true],
    ['null', 'none', true],
    [undefined, 'cross-site', false],
    [undefined, 'same-site', true],
    [undefined, undefined, true],
  ] as const) {
    const headers = { ...(origin && { Origin: origin }), ...(site && { 'Sec-Fetch-Site': site }) };
    const about = `Origin ${origin}, Sec-Fetch-Site ${site}`;
    const answer = await gateway.ask('/', { host, method: 'POST', headers });
    assert.equal(answer.status, passes ? 200 : 403, about);
    if (!passes)
      assert.match(answer.body, origin ? /hides its origin \(\\"null\\"\)/ : /another site, which named no origin/);
    assert.equal((await upgrade(gateway, headers)).status, passes ? 101 : 403, about);
  }
});

test('of two origins none may be foreign', async () => {
  await using stage = await openStage();
  using client = await RawClient.open(stage.gateway.port);
  client.send(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n`,
  );
  const [, status] = await client.until(/^HTTP\/1\.1 (\d+) /);
  assert.equal(status, '403');
  assert.deepEqual(stage.reached, []);
});

test('reads and preflights of any site pass, with their origin', async () => {
  await using stage = await openStage();
  const { gateway, reached } = stage;
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    for (const origin of ['https://evil.example', 'null']) {
      const headers = { Origin: origin, 'Sec-Fetch-Site': 'cross-site' };
      assert.equal((await gateway.ask('/', { host, method, headers })).status, 200);
      assert.deepEqual([reached.at(-1)?.method, reached.at(-1)?.headers.origin], [method, origin]);
    }
  }
});

test('a browser that opens a form by another site gets a page that says so', async () => {
  await using stage = await openStage();
  const headers = { Origin: 'https://<b>evil', Accept: 'text/html' };
  const { status, body } = await stage.gateway.ask('/', { host, method: 'POST', headers });
  assert.equal(status, 403);
  assert.match(body, /^<!doctype html>/);
  assert.match(body, /https:\/\/&#60;b&#62;evil/);
});
