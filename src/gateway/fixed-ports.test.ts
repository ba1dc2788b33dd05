import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { freePort } from '../../test/free-port.ts';
import type { GatewayFixture } from '../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { openSmallCluster } from '../../test/small-cluster.ts';
import type { FixedPort } from './forward-spec.ts';
import { parseFixedPort } from './forward-spec.ts';
import { ListenError } from './listeners.ts';

interface Program extends AsyncDisposable {
  port: number;
  connections: Set<Socket>;
}

/** A server that greets with its name, echoes, and says goodbye once its client ended. */
async function openProgram(name: string): Promise<Program> {
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(`${name}\n`);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('end', () => socket.end('bye\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const db = {
  target: { kind: 'service', namespace: 'shop', name: 'db', port: '5432', alias: undefined },
  localPort: 0,
} as const;

async function talk(port: number, words: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(words);
  return text(socket);
}

function serve(gateway: GatewayFixture, ...pods: { name: string; port: number | undefined; ready?: boolean }[]): void {
  gateway.cluster.setService(
    'db',
    [{ port: 5432 }],
    pods.map(({ name, port, ready = true }) => ({ name, ready, ports: port === undefined ? {} : { 5432: port } })),
  );
}

test('a fixed port is a raw connection to a ready pod, with half-close, and follows pods', async () => {
  await using one = await openProgram('one');
  await using two = await openProgram('two');
  await using gateway = await openGatewayFixture({ fixedPorts: [db] });
  const [port = 0] = gateway.fixedPorts;
  serve(gateway, { name: 'db-1', port: one.port });
  assert.equal(await talk(port, 'hello\n'), 'one\nhello\nbye\n');
  serve(gateway, { name: 'db-1', port: one.port, ready: false }, { name: 'db-2', port: two.port });
  for (;;) if ((await talk(port, 'hello\n')).startsWith('two')) break;
  serve(gateway, { name: 'db-1', port: one.port }, { name: 'db-2', port: two.port });
  const names = new Set<string>();
  while (names.size < 2) names.add((await talk(port, '')).split('\n')[0] ?? '');
  assert.deepEqual([...names].sort(), ['one', 'two']);
  assert.deepEqual(gateway.log, []);
});

test('a pod to which no stream can be opened is passed over', async () => {
  await using program = await openProgram('one');
  await using gateway = await openGatewayFixture({ fixedPorts: [db] });
  const [port = 0] = gateway.fixedPorts;
  serve(gateway, { name: 'db-1', port: program.port }, { name: 'db-2', port: program.port });
  gateway.cluster.losePod('db-2');
  for (let i = 0; i < 6; i++) assert.equal(await talk(port, ''), 'one\nbye\n');
});

test('a pod where nothing listens gives way to another one, whoever speaks first', async () => {
  await using program = await openProgram('one');
  const silent = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  await using gateway = await openGatewayFixture({ fixedPorts: [db] });
  const [port = 0] = gateway.fixedPorts;
  const talkTimes = async (times: number, words: string) =>
    Promise.all(Array.from({ length: times }, () => talk(port, words)));
  const closed = await freePort();
  const gone = [1, 2, 3].map((n) => ({ name: `gone-${n}`, port: closed }));
  serve(gateway, ...gone, { name: 'db-1', port: program.port });
  assert.deepEqual(new Set(await talkTimes(12, '')), new Set(['one\nbye\n']));
  assert.deepEqual(new Set(await talkTimes(12, 'hello ')), new Set(['one\nhello bye\n']));
  serve(gateway, ...gone, { name: 'db-2', port: (silent.address() as AddressInfo).port });
  // More than is kept before it is known whether anything listens.
  const words = 'x'.repeat(1_000_000);
  while ((await talk(port, 'who')) !== 'who') await new Promise((turn) => setImmediate(turn));
  assert.deepEqual(new Set(await talkTimes(12, words)), new Set([words]));
  serve(gateway, ...gone);
  const nobody = () =>
    talk(port, words).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'ECONNRESET',
    );
  while (!(await nobody())) await new Promise((turn) => setImmediate(turn));
  assert.match(gateway.log.at(-1) ?? '', /connect ECONNREFUSED/);
  silent.close();
});

test('a connection on which nobody speaks ends with the gateway', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port: local } = silent.address() as AddressInfo;
  const gateway = await openGatewayFixture({ fixedPorts: [db] });
  serve(gateway, { name: 'db-1', port: local }, { name: 'db-2', port: local });
  const reached = once(silent, 'connection');
  const client = connect({ port: gateway.fixedPorts[0] ?? 0, host: '127.0.0.1' });
  client.on('error', () => {});
  const closed = new Promise((resolve) => client.once('close', resolve));
  await reached;
  await gateway[Symbol.asyncDispose]();
  await closed;
  silent.close();
});

test('what is wrong is in the log, and the connection is reset', async () => {
  await using gateway = await openGatewayFixture({ fixedPorts: [db] });
  const [port = 0] = gateway.fixedPorts;
  const reset = async (): Promise<void> => {
    await assert.rejects(talk(port, ''), { code: 'ECONNRESET' });
  };
  await reset();
  assert.match(gateway.log.at(-1) ?? '', /^shop\/db:5432 \(port \d+ here\): No service "db" in namespace "shop": /);
  serve(gateway, { name: 'db-1', port: undefined, ready: false });
  while (!/no ready pod: Not ready: db-1/.test(gateway.log.at(-1) ?? '')) await reset();
  serve(gateway, { name: 'db-1', port: undefined });
  while (!/nothing listens there/.test(gateway.log.at(-1) ?? '')) await reset();
  const lines = gateway.log.length;
  await reset();
  assert.equal(gateway.log.length, lines, 'told once, not for each try');
});

test('what is advised is written as it was asked for', async () => {
  const to = (text: string): FixedPort => parseFixedPort(text) ?? db;
  await using gateway = await openGatewayFixture({
    context: 'dev',
    fixedPorts: [to('shop/multi=0'), to('shop/nope=0'), to('other/shop/db=0')],
  });
  gateway.cluster.setService(
    'multi',
    [
      { port: 8080, name: 'a' },
      { port: 8081, name: 'b' },
    ],
    [],
  );
  for (const [i, says] of [
    /several ports: Name one of them, as shop\/multi:a=LOCALPORT: a \(port 8080\), b \(port 8081\)\.$/,
    /No service "nope" in namespace "shop": Services are written NAMESPACE\/SERVICE\./,
    /No context "other" here: .*Leave "other\/" out for the first/,
  ].entries()) {
    const tell = async (): Promise<string> => {
      await assert.rejects(talk(gateway.fixedPorts[i] ?? 0, ''), { code: 'ECONNRESET' });
      return gateway.log.at(-1) ?? '';
    };
    assert.match(await tell(), says);
  }
});

test('a port of UDP is refused by name', async () => {
  await using cluster = await openSmallCluster();
  cluster.setService('dns', [{ port: 53, name: 'dns', protocol: 'UDP' }, { port: 9153 }], []);
  cluster.setService('only', [{ port: 53, protocol: 'UDP' }], []);
  for (const [text, says] of [
    ['shop/dns:dns=0', /^shop\/dns:dns: .*its port 53 is UDP, which cannot pass/],
    ['shop/only=0', /^shop\/only: .*no TCP port "53", but UDP: /],
  ] as const) {
    const fixedPorts = [db, parseFixedPort(text) ?? db];
    await assert.rejects(
      openGatewayFixture({ clusters: { dev: cluster }, fixedPorts }),
      (error) => error instanceof ListenError && says.test(error.message),
    );
  }
  await using gateway = await openGatewayFixture({
    clusters: { dev: cluster },
    fixedPorts: [parseFixedPort('shop/dns:9153=0') ?? db],
  });
  assert.equal(gateway.fixedPorts.length, 1);
});

test('a connection that the pod cuts looks cut', async () => {
  await using program = await openProgram('one');
  await using gateway = await openGatewayFixture({ fixedPorts: [db] });
  const [port = 0] = gateway.fixedPorts;
  serve(gateway, { name: 'db-1', port: program.port });
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'data');
  for (const { socket: upgraded } of gateway.cluster.tunnels) upgraded.destroy();
  await assert.rejects(text(socket), { code: 'ECONNRESET' });
});

test('each context is reached by its alias', async () => {
  await using here = await openProgram('here');
  await using there = await openProgram('there');
  const named = { ...db, target: { ...db.target, alias: 'staging' } };
  await using gateway = await openGatewayFixture({ context: 'dev', others: ['Staging'], fixedPorts: [db, named] });
  serve(gateway, { name: 'db-1', port: here.port });
  gateway.others[0]?.setService('db', [{ port: 5432 }], [{ name: 'db-1', ports: { 5432: there.port } }]);
  assert.equal(await talk(gateway.fixedPorts[0] ?? 0, ''), 'here\nbye\n');
  assert.equal(await talk(gateway.fixedPorts[1] ?? 0, ''), 'there\nbye\n');
});

test('fixed ports are written as one word', () => {
  const target = { kind: 'service', alias: undefined, namespace: 'shop', name: 'db', port: '5432' };
  assert.deepEqual(parseFixedPort('shop/db:5432=15432'), { target, localPort: 15432 });
  assert.deepEqual(parseFixedPort('prod/shop/db:pg=0'), {
    target: { ...target, alias: 'prod', port: 'pg' },
    localPort: 0,
  });
  assert.deepEqual(parseFixedPort('shop/db=1'), { target: { ...target, port: undefined }, localPort: 1 });
  for (const wrong of [
    '',
    'db=1',
    'shop/db:5432',
    'shop/db=65536',
    'a/b/c/d=1',
    'Shop/db=1',
    'shop/db:=1',
    'shop/db=x',
    ' shop/db=1',
  ])
    assert.equal(parseFixedPort(wrong), undefined, wrong);
});
