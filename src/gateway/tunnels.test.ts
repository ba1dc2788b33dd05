import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../test/free-port.ts';
import type { GatewayFixture } from '../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { RawClient } from '../../test/raw-sockets.ts';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Stage extends AsyncDisposable {
  gateway: GatewayFixture;
  /** What the web application was asked. */
  asked: { url: string | undefined; headers: IncomingHttpHeaders }[];
  /** Where `db` really listens. */
  echoPort: number;
}

/** `db` echoes bytes on 5432 and ends after a full stop; `web` answers HTTP on 8080; `dns` has a port of UDP. */
async function openStage(): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const asked: Stage['asked'] = [];
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => (bytes.at(-1) === 0x2e ? socket.end(bytes) : socket.write(bytes)));
    socket.on('end', () => socket.end());
  });
  const web = createHttpServer(({ url, headers }, response) => {
    asked.push({ url, headers });
    response.end('hello');
  });
  for (const server of [echo, web])
    parts.defer(async () => {
      server.close();
      if (server === web) web.closeAllConnections();
      await once(server, 'close');
    });
  const ports = { echo: await listening(echo), web: await listening(web) };
  const gateway = parts.use(await openGatewayFixture({ context: 'prod' }));
  const { cluster } = gateway;
  cluster.setService('db', [{ port: 5432 }], [{ name: 'db-0', ports: { 5432: ports.echo }, ip: '10.1.0.9' }], {
    clusterIP: '10.96.0.7',
  });
  cluster.setService('web', [{ port: 8080, name: 'http' }], [{ name: 'web-0', ports: { 8080: ports.web } }]);
  cluster.setService('dns', [{ port: 53, protocol: 'UDP' }], []);
  const running = parts.move();
  return { gateway, asked, echoPort: ports.echo, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const socksTo = (name: string, port: number): string =>
  `\x05\x01\0\x05\x01\0\x03${String.fromCharCode(name.length)}${name}${String.fromCharCode(port >> 8, port & 255)}`;
const connected = '\x05\0\x05\0\0\x01\0\0\0\0\0\0';

test('SOCKS 5 leads to services and pods by every one of their names', async () => {
  await using stage = await openStage();
  for (const name of [
    'db.shop',
    'db.shop.svc',
    'db.shop.svc.cluster.local',
    'db.shop.svc.prod',
    'db-0.shop.pod',
    'db-0.db.shop.svc',
    '10.96.0.7',
    '10.1.0.9',
  ]) {
    using client = await RawClient.open(stage.gateway.port);
    client.send(`${socksTo(name, 5432)}early`);
    await client.until(/early$/);
    client.send(' late.');
    assert.equal(await client.end(), 'end', name);
    assert.equal(client.received, `${connected}early late.`, name);
  }
});

test('a pod where nothing listens gives way to another one', async () => {
  await using stage = await openStage();
  const { cluster } = stage.gateway;
  const pods = [
    { name: 'gone', ports: { 5432: await freePort() } },
    { name: 'db-0', ports: { 5432: stage.echoPort } },
  ];
  cluster.setService('db', [{ port: 5432 }], pods);
  while (!cluster.forwards.includes('gone:5432')) {
    using client = await RawClient.open(stage.gateway.port);
    client.send(`${socksTo('db.shop', 5432)}early`);
    await client.until(/early$/);
    client.send(' late.');
    assert.equal(await client.end(), 'end');
    assert.equal(client.received, `${connected}early late.`);
  }
});

test('CONNECT does as well', async () => {
  await using stage = await openStage();
  for (const target of ['db.shop.svc:5432', 'DB.SHOP:5432', '10.96.0.7:5432']) {
    using client = await RawClient.open(stage.gateway.port);
    client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nearly`);
    await client.until(/early$/);
    client.send('.');
    assert.equal(await client.end(), 'end');
    assert.equal(client.received, 'HTTP/1.1 200 Connection established\r\n\r\nearly.');
  }
});

test('many connections at once stay apart', async () => {
  await using stage = await openStage();
  await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      using client = await RawClient.open(stage.gateway.port);
      const big = `<${i}>`.repeat(2000);
      client.send(`${socksTo('db.shop.svc', 5432)}${big}.`);
      assert.equal(await client.end(), 'end');
      assert.equal(client.received, `${connected}${big}.`);
    }),
  );
});

test('nothing but the cluster is led to', async () => {
  await using stage = await openStage();
  const { port } = stage.gateway;
  const cases: [name: string, at: number, reply: number, status: number, words: RegExp][] = [
    ['www.example.com', 80, 2, 403, /is no name of the cluster/],
    ['localhost', port, 2, 403, /is no name of the cluster/],
    ['127.0.0.1', port, 2, 403, /No service or pod has the address/],
    ['169.254.169.254', 80, 2, 403, /No service or pod has the address/],
    ['none.shop.svc', 80, 4, 404, /No service/],
    ['example.com', 443, 4, 404, /This proxy leads to names of the cluster only/],
    ['db.shop.svc', 80, 4, 404, /has no port/],
    ['dns.shop.svc', 53, 4, 404, /UDP, which cannot pass/],
    ['db.shop.svc.other', 5432, 4, 404, /No context/],
  ];
  for (const [name, at, reply, status, words] of cases) {
    using socks = await RawClient.open(port);
    socks.send(socksTo(name, at));
    assert.equal(await socks.end(), 'end');
    assert.equal(socks.received, `\x05\0\x05${String.fromCharCode(reply)}\0\x01\0\0\0\0\0\0`, name);
    using connect = await RawClient.open(port);
    connect.send(`CONNECT ${name}:${at} HTTP/1.1\r\nHost: ${name}:${at}\r\nConnection: close\r\n\r\n`);
    await connect.end();
    assert.match(connect.received, new RegExp(`^HTTP/1\\.1 ${status} `), name);
    assert.match(connect.received, words, name);
  }
  assert.deepEqual(stage.gateway.cluster.forwards, []);
});

test('a malformed CONNECT is refused, with what it should be', async () => {
  await using stage = await openStage();
  for (const [target, more] of [
    ['db.shop.svc', ''],
    ['db.shop.svc:0', ''],
    ['db.shop.svc:65536', ''],
    ['joe@db.shop.svc:5432', ''],
    ['http://db.shop.svc:5432', ''],
    ['db.shop.svc:5432/x', ''],
    ['/api', ''],
    ['db.shop.svc:5432', 'Content-Length: 2\r\n'],
  ]) {
    using client = await RawClient.open(stage.gateway.port);
    client.send(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`);
    await client.end();
    assert.match(client.received, /^HTTP\/1\.1 400 [\s\S]*HOST:PORT/);
  }
});

test('a right that is missing is told', async () => {
  await using stage = await openStage();
  stage.gateway.cluster.forbidden.add('portforward');
  using client = await RawClient.open(stage.gateway.port);
  client.send('CONNECT db.shop.svc:5432 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await client.end();
  assert.match(client.received, /^HTTP\/1\.1 403 [\s\S]*no port-forward for you/);
  using socks = await RawClient.open(stage.gateway.port);
  socks.send(socksTo('db.shop.svc', 5432));
  await socks.end();
  assert.equal(socks.received.slice(2, 4), '\x05\x02');
});

test('requests in absolute form reach the application in origin form, under the name that was asked', async () => {
  await using stage = await openStage();
  const { port } = stage.gateway;
  for (const [target, host, url] of [
    ['http://web.shop.svc/a?b', 'web.shop.svc', '/a?b'],
    ['http://web.shop.svc:8080', 'web.shop.svc:8080', '/'],
    ['http://web.shop?x', 'web.shop', '/?x'],
    [`http://web.shop.localhost:${port}/`, `web.shop.localhost:${port}`, '/'],
  ]) {
    using client = await RawClient.open(port);
    client.send(
      `GET ${target} HTTP/1.1\r\nHost: other\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nConnection: close\r\n\r\n`,
    );
    await client.end();
    assert.match(client.received, /^HTTP\/1\.1 200 [\s\S]*hello$/);
    const { headers, url: seen } = stage.asked.pop() ?? {};
    assert.deepEqual([headers?.host, seen], [host, url]);
    assert.equal(headers?.['proxy-authorization'], undefined);
    assert.equal(headers?.['proxy-connection'], undefined);
  }
  for (const [target, status] of [
    ['http://www.example.com/', 403],
    ['http://web.shop.svc:80/', 404],
    ['http://joe@web.shop.svc/', 400],
    ['http://web.shop.svc:99999/', 400],
    ['ftp://web.shop.svc/', 400],
  ]) {
    using client = await RawClient.open(port);
    client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await client.end();
    assert.match(client.received, new RegExp(`^HTTP/1\\.1 ${status} `), String(target));
  }
  assert.equal(stage.asked.length, 0);
});

test('in absolute form too, this machine has no other port than the gateway`s own', async () => {
  await using stage = await openStage();
  const { port, cluster } = stage.gateway;
  const ask = async (method: string, target: string): Promise<string> => {
    using client = await RawClient.open(port);
    client.send(`${method} ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
    await client.end();
    return client.received;
  };
  const path = '/api/v1/namespaces';
  for (const name of ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'])
    assert.match(await ask('GET', `http://${name}:${port}${path}`), /^HTTP\/1\.1 200 /, name);
  const seen = cluster.requests.length;
  for (const method of ['GET', 'POST', 'DELETE'])
    for (const [name, words] of [
      ['localhost:3000', /is no name of the cluster/],
      ['localhost', /is no name of the cluster/],
      ['127.0.0.1:3000', /No service or pod has the address/],
      ['[::1]:3000', /No service or pod has the address/],
    ] as const) {
      const answer = await ask(method, `http://${name}${path}`);
      assert.match(answer, /^HTTP\/1\.1 403 /, name);
      assert.match(answer, words, name);
    }
  const later = cluster.requests.slice(seen).filter(({ line }) => line.endsWith(path));
  assert.deepEqual(later, []);
});

test('through the proxy, pages act on their own application and on the cluster`s; others do not', async () => {
  await using stage = await openStage();
  const post = async (target: string, origin: string): Promise<string> => {
    using client = await RawClient.open(stage.gateway.port);
    client.send(
      `POST ${target} HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    await client.end();
    return client.received.slice(9, 12);
  };
  assert.equal(await post('http://web.shop.svc/', 'http://web.shop.svc'), '200');
  assert.equal(await post('http://web.shop.svc/', 'http://other.shop.svc:8080'), '200');
  assert.equal(await post('http://web.shop/', 'http://web.shop'), '200');
  for (const origin of [
    'https://evil.example',
    'http://evil.example',
    'http://web.shop',
    'http://x.svc.example.com',
    'null',
  ])
    assert.equal(await post('http://web.shop.svc/', origin), '403', origin);
});

test('closing the gateway cuts tunnels and clients that are not through yet', async () => {
  const stage = await openStage();
  using tunnel = await RawClient.open(stage.gateway.port);
  tunnel.send(`${socksTo('db.shop.svc', 5432)}x`);
  await tunnel.until(/x$/);
  using waiting = await RawClient.open(stage.gateway.port);
  waiting.send('\x05\x01\0');
  await waiting.until(/^\x05\0$/);
  await stage[Symbol.asyncDispose]();
  assert.ok(await tunnel.end());
  assert.ok(await waiting.end());
});
