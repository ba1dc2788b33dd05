import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Http1Server } from './http1/server.ts';
import type { ServerExchange } from './http1/server-exchange.ts';
import { SpdyConnection } from './spdy/connection.ts';
import { encodeSynStream, FrameParser } from './spdy/frames.ts';
import { HeaderEncoder } from './spdy/header-block.ts';
import type { SpdyStream } from './spdy/stream.ts';
import { Channels, v5Channels } from './websocket/channels.ts';

const minuteMs = 60_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Both ends of a TCP connection. The far one reads nothing yet, and time stands still. */
async function loopback(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [[near]] = await Promise.all([once(server, 'connection'), once(far, 'connect')]);
  far.on('error', () => {});
  t.after(() => {
    far.destroy();
    near.destroy();
    server.close();
  });
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  return { near, far };
}

/** Writes until neither the kernel nor the reader takes more; returns how many bytes that were. */
async function fill(near: Socket, write: (piece: Buffer) => void): Promise<number> {
  const piece = Buffer.alloc(16 * 1024);
  let bytes = 0;
  for (let stuck = 0; stuck < 100; ) {
    stuck = near.writableLength > 0 ? stuck + 1 : 0;
    if (stuck === 0) {
      write(piece);
      bytes += piece.length;
    }
    await turn();
  }
  return bytes;
}

test('what a SPDY stream has written arrives though its reader pauses before the end', async (t) => {
  const { near, far } = await loopback(t);
  // Of Go's peers, which count nothing: the transport alone holds the stream back.
  far.write(encodeSynStream(1, new HeaderEncoder().encode(new Map([['streamtype', 'stdout']]))));
  const accepted = Promise.withResolvers<SpdyStream>();
  const server = new SpdyConnection(near, { role: 'server', onStream: accepted.resolve });
  const stream = await accepted.promise;
  stream.on('error', () => {}).resume();
  const sent = await fill(near, (piece) => stream.write(piece));
  stream.end();
  await finished(stream, { readable: false });
  server.end();
  t.mock.timers.tick(minuteMs);
  await turn();
  assert.equal(near.destroyed, false);
  const parser = new FrameParser({ maxControlBytes: 1024 });
  const got = { bytes: 0, fin: false };
  far.on('data', (chunk: Buffer) => {
    for (const frame of parser.push(chunk)) {
      if (frame.type !== 'data') continue;
      got.bytes += frame.payload.length;
      got.fin = frame.fin;
    }
  });
  await once(far, 'end');
  assert.deepEqual(got, { bytes: sent, fin: true });
  far.end();
  await once(near, 'close');
});

test('what a WebSocket has written arrives, and its end, though its reader pauses before it', async (t) => {
  const { near, far } = await loopback(t);
  const server = new Channels(near, { role: 'server', subprotocol: v5Channels, count: 1 });
  const channel = server.channel(0).resume();
  const sent = await fill(near, (piece) => channel.write(piece));
  server.close();
  t.mock.timers.tick(minuteMs);
  await turn();
  assert.equal(near.destroyed, false);
  const client = new Channels(far, { role: 'client', subprotocol: v5Channels, count: 1 });
  let bytes = 0;
  client.channel(0).on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  assert.deepEqual(await client.closed, { code: 1000, reason: '' });
  assert.equal(bytes, sent);
  assert.equal((await server.closed).code, 1000);
});

test('a client that reads nothing to the end is given up after minutes', async (t) => {
  for (const protocol of ['WebSocket', 'SPDY']) {
    const { near, far } = await loopback(t);
    if (protocol === 'WebSocket') {
      const server = new Channels(near, { role: 'server', subprotocol: v5Channels, count: 1 });
      await fill(near, (piece) => server.channel(0).write(piece));
      server.close();
    } else {
      const server = new SpdyConnection(near, { role: 'server' });
      await fill(near, (piece) => {
        for (let i = 0; i < piece.length; i += 1024) void server.ping();
      });
      server.end();
    }
    const closed = once(near, 'close');
    t.mock.timers.tick(10 * minuteMs);
    await closed;
    far.destroy();
    t.mock.timers.reset();
  }
});

for (const ending of ['with it', 'before it'] as const) {
  test(`an answer arrives whole though its client pauses, where the connection ends ${ending}`, async (t) => {
    const { near, far } = await loopback(t);
    const asked = Promise.withResolvers<ServerExchange>();
    new Http1Server({ onRequest: asked.resolve }).accept(near);
    far.write(`GET / HTTP/1.1\r\nHost: x\r\n${ending === 'with it' ? 'Connection: close\r\n' : ''}\r\n`);
    if (ending === 'before it') far.end();
    const exchange = await asked.promise;
    exchange.writeHead(200, 'OK', [], 'close');
    const sent = await fill(near, (piece) => exchange.write(piece));
    if (ending === 'with it') exchange.end();
    t.mock.timers.tick(minuteMs);
    await turn();
    assert.equal(near.destroyed, false);
    if (ending === 'before it') exchange.end();
    const body = (await buffer(far)).toString('latin1').split('\r\n\r\n')[1];
    assert.equal(body?.length, sent);
  });
}
