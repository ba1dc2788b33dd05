import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { SpdyConnection } from '../../net/spdy/connection.ts';
import { spdyUpgradeHeaders } from '../../net/spdy/handshake.ts';
import type { SpdyStream } from '../../net/spdy/stream.ts';
import { WebSocketByteStream } from '../../net/websocket/byte-stream.ts';
import { beginHandshake } from '../../net/websocket/handshake.ts';
import { HttpError } from './http-error.ts';
import { serveSpdyPortForward, tunnelledPortForward } from './port-forward-spdy.ts';

const podIP = '127.0.0.1';
const handle = {
  pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } as const,
  podIP,
  container: () => undefined,
};

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, podIP);
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const echo = () => createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket));

interface Forwarded {
  client: SpdyConnection;
  done: Promise<void>;
  /** Opens a connection's pair of streams. */
  open(port: number | string, requestId: string): { data: SpdyStream; error: SpdyStream };
}

async function forward(t: TestContext, protocol: 'SPDY' | 'WebSocket', signal?: AbortSignal): Promise<Forwarded> {
  const [near, far] = duplexPair();
  const isSpdy = protocol === 'SPDY';
  const headers = isSpdy ? spdyUpgradeHeaders(['portforward.k8s.io']) : beginHandshake([tunnelledPortForward]).headers;
  const upgrade = { method: isSpdy ? 'POST' : 'GET', headers, socket: far };
  const done = serveSpdyPortForward(handle, upgrade, signal ?? new AbortController().signal);
  let head = '';
  while (!head.endsWith('\r\n\r\n')) {
    const byte = near.read(1) as Buffer | null;
    if (byte === null) await once(near, 'readable');
    else head += byte.toString();
  }
  assert.match(head, isSpdy ? /^HTTP\/1.1 101 .*X-Stream-Protocol-Version: portforward.k8s.io/s : /^HTTP\/1.1 101 /);
  const transport: Duplex = isSpdy ? near : new WebSocketByteStream(near, { role: 'client' });
  const client = new SpdyConnection(transport, { role: 'client' });
  t.after(() => client.destroy());
  const stream = (streamtype: string, port: number | string, requestid: string) =>
    client.openStream(new Map(Object.entries({ streamtype, port: String(port), requestid })));
  return {
    client,
    done,
    open(port, requestId) {
      const error = stream('error', port, requestId);
      error.end();
      return { error, data: stream('data', port, requestId) };
    },
  };
}

for (const protocol of ['SPDY', 'WebSocket'] as const) {
  test(`${protocol}: many connections of one forward, each with half-close, and a clean end`, async (t) => {
    const port = await listen(t, echo());
    const { client, done, open } = await forward(t, protocol);
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const { data, error } = open(port, String(i));
        data.end(`said ${i} `.repeat(5000));
        assert.equal(await text(data), `said ${i} `.repeat(5000));
        assert.equal(await text(error), '');
      }),
    );
    client.close();
    assert.equal((await client.closed).isClean, true);
    await done;
  });

  test(`${protocol}: a port where nobody listens fails its own connection`, async (t) => {
    const port = await listen(t, echo());
    const closed = createServer();
    const nobody = await listen(t, closed);
    closed.close();
    const { open } = await forward(t, protocol);
    const good = open(port, '1');
    const bad = open(nobody, '2');
    const cut = assert.rejects(text(bad.data), /reset/);
    assert.match(
      await text(bad.error),
      /^error forwarding port \d+ to pod p: dial tcp \S+: connect: connection refused$/,
    );
    await cut;
    good.data.end('fine');
    assert.equal(await text(good.data), 'fine');
  });
}

test('a connection ends in the pod when the client resets its stream, and at the client when the pod resets', async (t) => {
  const sockets: Socket[] = [];
  const port = await listen(
    t,
    createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.write('hello');
    }),
  );
  const { client, open } = await forward(t, 'SPDY');
  const first = open(port, '1');
  await once(first.data, 'data');
  const gone = once(sockets[0] as Socket, 'close');
  first.data.destroy();
  await gone;
  assert.equal(await text(first.error), '');
  const second = open(port, '2');
  await once(second.data, 'data');
  sockets[1]?.resetAndDestroy();
  await assert.rejects(text(second.data), /reset the stream/);
  assert.equal(await text(second.error), '');
  assert.equal(client.open, true);
});

test('an application that answers before it has read all is heard, to its end or up to the cut', async (t) => {
  const answer = Buffer.alloc(20_000, 'too large ');
  const ends = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.pause().end(answer, () => socket.destroy()));
  });
  const resets = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.pause().write(answer, () => socket.resetAndDestroy()));
  });
  const [whole, cut] = [await listen(t, ends), await listen(t, resets)];
  const { open } = await forward(t, 'SPDY');
  for (let i = 0; i < 20; i++) {
    const { data } = open(i % 2 === 0 ? whole : cut, String(i));
    const closed = once(data, 'close').catch(() => {});
    data.write(Buffer.alloc(1_000_000));
    data.once('end', () => data.end());
    let received = 0;
    data.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await closed;
    assert.equal(received, answer.length);
    if (i % 2 === 1) assert.match(String(data.errored), /reset the stream/);
  }
});

test('streams that make no pair are reset; the others of the connection go on', async (t) => {
  const port = await listen(t, echo());
  const { client, open } = await forward(t, 'SPDY');
  const of = (...pairs: [string, string][]) => client.openStream(new Map(pairs));
  const wrong = [
    of(['streamtype', 'data']),
    of(['streamtype', 'data'], ['port', '0'], ['requestid', '9']),
    of(['streamtype', 'data'], ['port', '65536'], ['requestid', '9']),
    of(['streamtype', 'other'], ['port', String(port)], ['requestid', '9']),
  ];
  for (const stream of wrong) await assert.rejects(text(stream), /reset the stream \(status 1\)/);
  of(['streamtype', 'data'], ['port', String(port)], ['requestid', '1']);
  const twice = of(['streamtype', 'data'], ['port', String(port)], ['requestid', '1']);
  await assert.rejects(text(twice), /reset the stream \(status 1\)/);
  const { data } = open(port, '2');
  data.end('fine');
  assert.equal(await text(data), 'fine');
});

test('a stop of the node cuts everything off', async (t) => {
  const port = await listen(t, echo());
  const stop = new AbortController();
  const { client, done, open } = await forward(t, 'SPDY', stop.signal);
  const { data } = open(port, '1');
  data.write('x');
  await once(data, 'data');
  stop.abort();
  await assert.rejects(text(data), /cut off/);
  assert.equal((await client.closed).isClean, false);
  await done;
});

test('other protocols are refused before the upgrade', async () => {
  const never = new AbortController().signal;
  const socket = {} as Duplex;
  for (const headers of [
    spdyUpgradeHeaders([]),
    spdyUpgradeHeaders(['v4.channel.k8s.io']),
    beginHandshake(['SPDY/3.1+other.k8s.io']).headers,
  ]) {
    const refused = serveSpdyPortForward(handle, { method: 'GET', headers, socket }, never);
    await assert.rejects(refused, (error: Error) => error instanceof HttpError && error.status === 400);
  }
});
