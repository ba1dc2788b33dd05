/** Connections through the balancer to servers that come, go, drain and fall silent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { ApiServer } from '../client/api-server.ts';
import type { ServerFacts } from '../client/api-servers.ts';
import { ServerGroup } from '../client/server-group.ts';
import { leastLoaded } from '../net/balance/least-loaded.ts';
import type { ScriptedBackend } from './scripted-backend.ts';
import { echo, scriptedBackend } from './scripted-backend.ts';
import type { Balancer, BalancerOptions } from './start.ts';
import { startBalancer } from './start.ts';
import { startStatusServer } from './status-server.ts';

const certificate = testCertificate();

interface Fixture extends AsyncDisposable {
  balancer: Balancer;
  backends: readonly [ScriptedBackend, ScriptedBackend];
  stop: AbortController;
  /** A connection through which one exchange went, and the server it reached. */
  open(): Promise<{ client: Socket; backend: ScriptedBackend }>;
  state(backend: ScriptedBackend, state: ServerFacts['state']): Promise<void>;
}

interface Scene extends Partial<BalancerOptions> {
  /** The second server has a certificate of another authority. */
  foreign?: boolean;
  /** Of a probe. */
  timeoutMs?: number;
}

async function open({ foreign = false, timeoutMs = 10_000, ...options }: Scene = {}): Promise<Fixture> {
  await using parts = new AsyncDisposableStack();
  const backends = [
    parts.use(await scriptedBackend(certificate)),
    parts.use(await scriptedBackend(foreign ? testCertificate() : certificate)),
  ] as const;
  const group = parts.use(
    new ServerGroup(
      backends.map(({ url }) => new ApiServer(url, { tls: { ca: certificate.ca } })),
      { policy: leastLoaded, timing: { intervalMs: 30, failedIntervalMs: 10, timeoutMs, firstAfterMs: 0 } },
    ),
  );
  const stop = new AbortController();
  const listen = [{ host: '127.0.0.1', port: 0 }];
  const balancer = await startBalancer({ group, listen, signal: stop.signal, drainMs: 50, ...options });
  parts.defer(() => balancer[Symbol.asyncDispose]());
  const sockets = new Set<Socket>();
  parts.defer(() => sockets.forEach((socket) => void socket.destroy()));
  const state: Fixture['state'] = ({ url }, wanted) =>
    new Promise((resolve) => {
      const look = () => {
        if (group.list().find((facts) => facts.url === url)?.state !== wanted) return;
        end();
        resolve();
      };
      const end = group.subscribe(look);
      look();
    });
  await Promise.all(backends.map((backend, index) => state(backend, foreign && index === 1 ? 'down' : 'ready')));
  const running = parts.move();
  return {
    balancer,
    backends,
    stop,
    state,
    async open() {
      const counts = backends.map(({ clients }) => clients.length);
      const client = dial(balancer);
      sockets.add(client);
      client.write('hello');
      await once(client, 'data');
      const backend = backends.find(({ clients }, index) => clients.length > (counts[index] ?? 0));
      assert.ok(backend);
      return { client, backend };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function dial(balancer: Balancer, allowHalfOpen = false): Socket {
  const port = Number(/:(\d+)$/.exec(balancer.addresses[0] ?? '')?.[1]);
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen });
  socket.on('error', () => {});
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

test('each new connection goes to the server with the fewest', async () => {
  await using fixture = await open();
  const { backends, balancer } = fixture;
  const [a, b] = backends;
  for (let i = 0; i < 10; i++) await fixture.open();
  assert.deepEqual([a.clients.length, b.clients.length], [5, 5]);
  for (const client of a.clients) client.end();
  await Promise.all(a.clients.map(closed));
  while (balancer.status().connections > 5) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 5; i++) assert.equal((await fixture.open()).backend, a);
});

test('a server that is gone is passed over and comes back; one with a foreign certificate never joins', async () => {
  await using fixture = await open();
  const { backends, state } = fixture;
  const [a, b] = backends;
  await a.stop();
  for (let i = 0; i < 5; i++) assert.equal((await fixture.open()).backend, b);
  await state(a, 'down');
  await a.start();
  await state(a, 'ready');
  assert.equal((await fixture.open()).backend, a);
  await using strange = await open({ foreign: true });
  for (let i = 0; i < 5; i++) assert.equal((await strange.open()).backend, strange.backends[0]);
  assert.match(strange.balancer.status().servers[1]?.lastError ?? '', /certificate/);
});

test('where no server is well each is tried; where none can be reached the connection is closed', async () => {
  await using fixture = await open();
  const { backends, state, balancer } = fixture;
  for (const backend of backends) backend.readyz = '500 Internal Server Error';
  await Promise.all(backends.map((backend) => state(backend, 'draining')));
  const reached = new Set<ScriptedBackend>();
  for (let i = 0; i < 4; i++) reached.add((await fixture.open()).backend);
  assert.equal(reached.size, 2);
  await Promise.all(backends.map((backend) => backend.stop()));
  const client = dial(balancer);
  client.resume();
  await closed(client);
  assert.equal(balancer.status().unserved, 1);
});

test('a draining server gets no new connection, and keeps those it has', async () => {
  await using fixture = await open({ drainMs: 3_600_000 });
  const { backends, state } = fixture;
  const [a, b] = backends;
  const connections = [await fixture.open(), await fixture.open()];
  const held = connections.find(({ backend }) => backend === a)?.client;
  assert.ok(held);
  a.readyz = '500 Internal Server Error';
  await state(a, 'draining');
  assert.equal((await fixture.open()).backend, b);
  held.write('still here');
  assert.equal(String((await once(held, 'data'))[0]), 'still here');
  // Also when it is well again.
  a.readyz = '200 OK';
  await state(a, 'ready');
  held.write('again');
  assert.equal(String((await once(held, 'data'))[0]), 'again');
});

test('connections to a draining server are cut when the drain time is over', async () => {
  await using fixture = await open({ drainMs: 50 });
  const { backends, state } = fixture;
  const [a, b] = backends;
  const connections = [await fixture.open(), await fixture.open()];
  const held = connections.find(({ backend }) => backend === a)?.client;
  assert.ok(held);
  a.readyz = '500 Internal Server Error';
  await closed(held);
  assert.equal(connections.find(({ backend }) => backend === b)?.client.destroyed, false);
  a.readyz = '200 OK';
  await state(a, 'ready');
  assert.equal((await fixture.open()).backend, a);
});

test('connections to a server that has fallen silent are cut, so that clients look for another', async () => {
  await using fixture = await open({ drainMs: 3_600_000, timeoutMs: 100 });
  const { backends } = fixture;
  const [a] = backends;
  // Not at once where the machine kept a probe from being answered in time.
  let connection = await fixture.open();
  while (connection.backend !== a) connection = await fixture.open();
  a.readyz = undefined;
  await closed(connection.client);
});

test('half-close passes in both directions, and a reset ends both', async () => {
  await using fixture = await open();
  const { backends, balancer } = fixture;
  for (const backend of backends) {
    backend.serve = (socket, first) => {
      const heard = [first];
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
      // Answers when the client has ended, and ends later.
      socket.on('end', () => setImmediate(() => socket.end(`heard ${Buffer.concat(heard)}`)));
    };
  }
  const client = dial(balancer, true);
  client.end('all of it');
  assert.equal(await text(client), 'heard all of it');
  await closed(client);
  for (const backend of backends) backend.serve = echo;
  const other = await fixture.open();
  other.backend.clients.at(-1)?.resetAndDestroy();
  await closed(other.client);
  const third = await fixture.open();
  const last = third.backend.clients.at(-1);
  assert.ok(last);
  third.client.resetAndDestroy();
  await closed(last);
});

test('a client that does not read holds its server up, and gets all in the end', async () => {
  await using fixture = await open();
  const { backends, balancer } = fixture;
  const size = 64 * 1024 * 1024;
  let taken = 0;
  const stalled = Promise.withResolvers<void>();
  for (const backend of backends) {
    backend.serve = (socket) => {
      const chunk = Buffer.alloc(64 * 1024);
      const send = () => {
        while (taken < size) {
          taken += chunk.length;
          if (!socket.write(chunk)) {
            stalled.resolve();
            return;
          }
        }
        socket.end();
      };
      socket.on('drain', send);
      send();
    };
  }
  const client = dial(balancer);
  client.pause();
  client.write('go');
  await stalled.promise;
  // Nothing moves any more when two looks in a row see the same.
  for (let before = -1; before !== taken; ) {
    before = taken;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(taken < size / 2, `${taken} bytes were taken`);
  let received = 0;
  client.on('data', (chunk) => {
    received += chunk.length;
  });
  client.resume();
  await once(client, 'end');
  assert.equal(received, size);
});

test('too many connections are refused; those there are go on', async () => {
  await using fixture = await open({ maxConnections: 2 });
  const { balancer } = fixture;
  const { client } = await fixture.open();
  await fixture.open();
  const third = dial(balancer);
  third.resume();
  await closed(third);
  client.write('x');
  await once(client, 'data');
  assert.equal(balancer.status().refused, 1);
});

test('when it stops nobody new gets in, and connections have the drain time to end', async () => {
  await using fixture = await open({ drainMs: 3_600_000 });
  const { client } = await fixture.open();
  fixture.stop.abort();
  const [error] = await once(dial(fixture.balancer), 'error');
  assert.equal(error.code, 'ECONNREFUSED');
  client.write('still served');
  await once(client, 'data');
  client.end();
  await fixture.balancer.closed;

  await using hasty = await open({ drainMs: 10 });
  const held = await hasty.open();
  hasty.stop.abort();
  await closed(held.client);
  await hasty.balancer.closed;
});

test('a PROXY header tells the server who the client is', async () => {
  await using fixture = await open({ proxyProtocol: 'v1' });
  const { balancer, backends } = fixture;
  const first = new Promise<Buffer>((resolve) => {
    for (const backend of backends) backend.serve = (_, bytes) => resolve(bytes);
  });
  const client = dial(balancer);
  client.write('hello');
  const header = String(await first);
  assert.ok(header.startsWith(`PROXY TCP4 127.0.0.1 127.0.0.1 ${client.localPort} ${client.remotePort}\r\n`), header);
  client.destroy();
});

test('state and figures are served to Prometheus and as JSON', async () => {
  await using fixture = await open();
  const { balancer, backends, state } = fixture;
  await using status = await startStatusServer({ host: '127.0.0.1', port: 0 }, () => balancer.status());
  const { client } = await fixture.open();
  const get = async (path: string) => {
    const answer = await fetch(`http://${status.address}${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  // A name that somebody bound to this machine, under which a web page would ask.
  const asked = request(`http://${status.address}/status`, { headers: { Host: 'rebound.example' } }).end();
  const [refused] = await once(asked, 'response');
  assert.equal(refused.resume().statusCode, 403);
  const metrics = await get('/metrics');
  const [a] = backends;
  for (const line of [
    '# TYPE fairlead_balancer_connections gauge',
    'fairlead_balancer_connections 1',
    `fairlead_balancer_server_state{server="${a.url}",state="ready"} 1`,
    `fairlead_balancer_server_state{server="${a.url}",state="down"} 0`,
  ]) {
    assert.ok(metrics.includes(`\n${line}\n`), `${line} not in:\n${metrics}`);
  }
  client.end();
  await closed(client);
  while (balancer.status().connections > 0) await new Promise((resolve) => setImmediate(resolve));
  const { servers } = JSON.parse((await get('/status')).slice(4));
  assert.equal(servers[0].bytesToServer + servers[1].bytesToServer, 5);
  assert.equal(await get('/healthz'), '200 ok\n');
  assert.match(await get('/other'), /^404 Served here: \/metrics/);
  await Promise.all(backends.map((backend) => backend.stop()));
  await Promise.all(backends.map((backend) => state(backend, 'down')));
  assert.match(await get('/healthz'), /^503 /);
});
