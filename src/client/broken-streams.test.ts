/** Servers that break off, lie, refuse or do not answer: one sentence, the right error, and nothing that hangs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Channels } from '../net/websocket/channels.ts';
import { answerHandshake, headerLines } from '../net/websocket/handshake.ts';
import type { Cluster } from './client.ts';
import { ConnectionError, connect, isReason, StatusError } from './client.ts';
import { scriptedServer } from './scripted-server.ts';

interface Upgraded {
  cluster: Cluster;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server that switches protocols and then does as told with the channels and the raw socket. */
async function upgrading(act: (channels: Channels, socket: Duplex) => void): Promise<Upgraded> {
  const server = createServer();
  server.on('upgrade', (request, socket: Duplex) => {
    const offered = ['v5.channel.k8s.io'];
    const { head, subprotocol = '' } = answerHandshake('GET', headerLines(request.rawHeaders), offered);
    socket.on('error', () => {});
    socket.write(head);
    act(new Channels(socket, { role: 'server', subprotocol, count: 5 }), socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cluster = await connect({ config: { server: `http://127.0.0.1:${port}`, namespace: 'n' } });
  return {
    cluster,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      server.close();
      await once(server, 'close');
    },
  };
}

const isCut = (error: unknown) => error instanceof StatusError && /ended before the command did/.test(error.message);

test('a command whose connection is lost looks lost: its output and its exit code fail', async () => {
  await using run = await upgrading((channels, socket) => {
    channels.channel(1).write('half of', () => setImmediate(() => socket.destroy()));
  });
  const session = await run.cluster.pod('n', 'p').exec('x');
  session.stderr.resume();
  await assert.rejects(text(session.stdout), /cut off/);
  await assert.rejects(session.exitCode, isCut);
});

test('a server that closes without an outcome, or with one that is none, does not pass for success', async () => {
  for (const [outcome, expected] of [
    ['', isCut],
    ['not JSON', /did not say how the command ended/],
    ['{"status":"Failure","message":"no such file"}', /no such file/],
  ] as const) {
    await using run = await upgrading((channels) => {
      if (outcome === '') channels.close();
      else channels.channel(3).write(outcome, () => channels.close());
    });
    const session = await run.cluster.pod('n', 'p').exec('x');
    session.stdout.resume();
    session.stderr.resume();
    await assert.rejects(session.exitCode, expected);
  }
});

test('a command that ends before its input does tells its exit code, and lets go of what is left', async () => {
  await using run = await upgrading((channels) => {
    channels.channel(0).once('data', () => {
      channels.channel(0).resume();
      channels.channel(3).write('{"status":"Success"}', () => channels.close());
    });
  });
  const session = await run.cluster.pod('n', 'p').exec('x', { stdin: true });
  session.stdout.resume();
  session.stderr.resume();
  const source = createReadStream('/dev/zero');
  source.pipe(session.stdin);
  assert.equal(await session.exitCode, 0);
  if (!session.stdin.closed) await once(session.stdin, 'close');
  assert.equal(source.listenerCount('data'), 0);
  source.destroy();

  const idle = await run.cluster.pod('n', 'p').exec('x', { stdin: true });
  idle.stdin.write('enough');
  assert.equal(await idle.exitCode, 0);
  if (!idle.stdin.closed) await once(idle.stdin, 'close');
  assert.equal(idle.stdin.errored, null);
});

test('a frame that lies about its length ends the stream', async () => {
  // A binary message that says it has 2^62 bytes.
  const lie = Buffer.from([0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0, 1]);
  await using run = await upgrading((_channels, socket) => void socket.write(lie));
  const session = await run.cluster.pod('n', 'p').exec('x');
  session.stdout.on('error', () => {}).resume();
  session.stderr.on('error', () => {}).resume();
  await assert.rejects(session.exitCode, StatusError);
});

test('a refused handshake is the Status that the server gave', async () => {
  await using server = await scriptedServer((_request, response) => {
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'Forbidden',
      code: 403,
    };
    response.writeHead(403).end(JSON.stringify({ ...status, message: 'pods "p" is forbidden' }));
  });
  await using cluster = await connect({ config: server.config });
  await assert.rejects(cluster.pod('n', 'p').exec('x'), (error) => isReason(error, 'Forbidden'));
  await assert.rejects(cluster.pod('n', 'p').portForward(80), (error) => isReason(error, 'Forbidden'));
  await assert.rejects(Array.fromAsync(cluster.pod('n', 'p').logs()), (error) => isReason(error, 'Forbidden'));
  await assert.rejects(cluster.pod('n', 'p').portForward(0), TypeError);
  assert.throws(() => cluster.pod('n', '../secrets/s'), TypeError);
});

test('a log that breaks off fails after the lines that came', async () => {
  await using server = await scriptedServer((_request, response) => {
    response.writeHead(200);
    response.write('one\ntwo\nthr', () => setImmediate(() => response.destroy()));
  });
  await using cluster = await connect({ config: server.config });
  const lines: string[] = [];
  await assert.rejects(async () => {
    for await (const line of cluster.pod('n', 'p').logs()) lines.push(line);
  });
  assert.deepEqual(lines, ['one', 'two']);
});

test('a server that is not there, or does not answer, is told in one sentence', async () => {
  const server = await scriptedServer(() => {});
  const { config } = server;
  {
    await using cluster = await connect({ config: { ...config, requestTimeoutMs: 50 } });
    await assert.rejects(cluster.resource('v1', 'Pod').get('p'), (error) => isReason(error, 'Timeout'));
    await assert.rejects(cluster.resource('v1', 'Pod').list().toArray(), /did not answer within 0.05 s/);
  }
  await server[Symbol.asyncDispose]();
  await using cluster = await connect({ config });
  const refused = (error: unknown) =>
    error instanceof ConnectionError && !error.sent && /nothing listens there/.test(error.message);
  await assert.rejects(cluster.resource('v1', 'Pod').get('p'), refused);
  await assert.rejects(cluster.pod('n', 'p').exec('x'), refused);
  await assert.rejects(async () => {
    for await (const _ of cluster.resource('v1', 'Pod').watch()) break;
  }, refused);
});

test('a server that ignores the wish for initial events is asked for a list', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', resourceVersion: '1' } };
  await using server = await scriptedServer((request, response) => {
    if (request.url?.includes('sendInitialEvents')) {
      response.writeHead(200).write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    } else if (request.url?.includes('watch')) response.writeHead(200).flushHeaders();
    else {
      const list = { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '7' }, items: [object] };
      response.end(JSON.stringify(list));
    }
  });
  await using cluster = await connect({ config: server.config });
  const informer = cluster.resource('v1', 'Pod').informer();
  let isSynced = false;
  void informer.synced.then(() => {
    isSynced = true;
  });
  while (!isSynced) {
    t.mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(informer.list().length, 1);
});

test('an answer that is cut off is a ConnectionError to whoever reads it; of a write it is said what that leaves open', async () => {
  await using server = await scriptedServer(({ method, url }, response) => {
    response.writeHead(method === 'PUT' ? 409 : 200, { 'Content-Length': '1000' }).write('one line\nhalf a');
    // What was written should arrive first.
    setTimeout(() => response.destroy(), url?.includes('/log') ? 50 : 0);
  });
  await using cluster = await connect({ config: server.config });
  const pod = cluster.pod('n', 'p');
  const maps = cluster.resource('v1', 'ConfigMap');
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as const;
  const lines: string[] = [];
  const cut = /^Cannot talk to the API server http:\S+: .*the response was cut off.*\.$/;
  for (const [read, expected] of [
    [
      async () => {
        for await (const line of pod.logs({ follow: true })) lines.push(line);
      },
      cut,
    ],
    [async () => text(await pod.rawLog()), cut],
    [async () => (await cluster.service('n', 's').fetch('/')).json(), cut],
    [async () => (await cluster.request({ method: 'GET', path: '/' })).body.toArray(), cut],
    [() => maps.get('a'), cut],
    [() => maps.create(map), /cut off.*\. Whether the request was carried out is not known/],
    [() => maps.update(map), cut],
  ] as const) {
    await assert.rejects(read, (error) => {
      assert.ok(error instanceof ConnectionError && error.sent && error.cutOff, String(error));
      assert.match(error.message, expected);
      return true;
    });
  }
  assert.deepEqual(lines, ['one line']);
  await assert.rejects(async () => {
    const { body } = await cluster.request({ method: 'GET', path: '/log' });
    body.destroy(new RangeError('what the reader says itself stays'));
    await body.toArray();
  }, RangeError);
});
