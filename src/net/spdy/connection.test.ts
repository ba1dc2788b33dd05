import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex, duplexPair } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Arrivals } from '../../../test/arrivals.ts';
import type { SpdyOptions } from './connection.ts';
import { SpdyConnection } from './connection.ts';
import type { SpdyFrame } from './frames.ts';
import {
  encodeDataHead,
  encodeGoAway,
  encodePing,
  encodeReset,
  encodeSynReply,
  encodeSynStream,
  encodeWindowUpdate,
  FrameParser,
} from './frames.ts';
import { HeaderEncoder } from './header-block.ts';
import type { SpdyStream } from './stream.ts';

const headers = new Map([['streamtype', 'data']]);

/** Two ends of ours; the server's streams come to `onStream`. */
function connected(t: TestContext, onStream: (stream: SpdyStream) => void, options: Partial<SpdyOptions> = {}) {
  const [near, far] = duplexPair();
  const client = new SpdyConnection(near, { role: 'client' });
  const server = new SpdyConnection(far, { role: 'server', onStream, ...options });
  t.after(() => {
    client.destroy();
    server.destroy();
  });
  return { client, server };
}

/** A server of ours and a peer made by hand, which counts nothing, as Go's. */
function byHand(t: TestContext, onStream: (stream: SpdyStream) => void, options: Partial<SpdyOptions> = {}) {
  const [near, far] = duplexPair();
  const server = new SpdyConnection(far, { role: 'server', onStream, ...options });
  const frames: SpdyFrame[] = [];
  const parser = new FrameParser({ maxControlBytes: 1e6 });
  let look = () => {};
  near.on('data', (chunk: Buffer) => {
    for (const frame of parser.push(chunk)) frames.push(frame);
    look();
  });
  t.after(() => {
    near.destroy();
    server.destroy();
  });
  const until = (isWanted: (frame: SpdyFrame) => boolean) =>
    new Promise<SpdyFrame>((resolve) => {
      look = () => {
        const found = frames.find(isWanted);
        if (found !== undefined) resolve(found);
      };
      look();
    });
  return { server, near, frames, until, encoder: new HeaderEncoder() };
}

const data = (id: number, payload: string | Buffer, fin = false): Buffer => {
  const bytes = Buffer.from(payload);
  return Buffer.concat([encodeDataHead(id, bytes.length, fin), bytes]);
};

test('streams carry bytes both ways, each direction ends apart, headers arrive', async (t) => {
  const { client, server } = connected(t, (stream) => {
    assert.equal(stream.headers.get('streamtype'), 'data');
    stream.pipe(stream);
  });
  const big = Buffer.alloc(3_000_000, 'abcdefg');
  const echoes = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const stream = client.openStream(headers);
      stream.end(big);
      return await buffer(stream);
    }),
  );
  for (const echo of echoes) assert.ok(echo.equals(big));
  assert.deepEqual([client.streamCount, server.streamCount], [0, 0]);
  client.close();
  assert.deepEqual([(await client.closed).isClean, (await server.closed).isClean], [true, true]);
});

test('a reset ends one stream and says so to the other side; the others go on', async (t) => {
  const streams = new Arrivals<SpdyStream>();
  const { client } = connected(t, (stream) => streams.add(stream));
  const [first, second] = [client.openStream(headers), client.openStream(headers)];
  second.write('x');
  const other = await streams.at(1);
  (await streams.at(0)).destroy();
  await assert.rejects(text(first), /has reset the stream/);
  other.end('still here');
  assert.equal(await text(second), 'still here');
});

test('a lost connection fails every stream, one that took leave does not count as clean with streams open', async (t) => {
  const { client, server } = connected(t, (stream) => stream.resume());
  const stream = client.openStream(headers);
  const cut = assert.rejects(text(stream), /cut off/);
  server.destroy();
  await cut;
  assert.equal((await client.closed).isClean, false);
  assert.throws(() => client.openStream(headers), /no more streams/);
});

test('closing waits for open streams, ending does not', async (t) => {
  const accepted = new Arrivals<SpdyStream>();
  const one = connected(t, (stream) => accepted.add(stream));
  const stream = one.client.openStream(headers);
  stream.end('late');
  one.client.close();
  const taken = await accepted.at(0);
  const [heard] = await once(taken, 'data');
  // Its answer comes after the leave was taken.
  await one.client.ping();
  assert.equal(one.server.open, false);
  taken.end(`${heard} answer`);
  assert.equal(await text(stream), 'late answer');
  assert.equal((await one.client.closed).isClean, true);

  const two = connected(t, (other) => {
    other.write('all there is');
    other.end(() => two.server.end());
  });
  const read = two.client.openStream(headers);
  assert.equal(await text(read), 'all there is');
  assert.equal((await two.server.closed).isClean, true);
});

test('between ends that count, a stream that is not read holds up itself alone', async (t) => {
  const streams = new Arrivals<SpdyStream>();
  const { client } = connected(t, (stream) => streams.add(stream));
  const stuck = client.openStream(headers);
  let sent = 0;
  const fill = () => {
    while (sent < 64 * 1024 * 1024 && stuck.write(Buffer.alloc(65_536))) sent += 65_536;
  };
  stuck.on('drain', fill);
  fill();
  const lively = client.openStream(headers);
  lively.end(Buffer.alloc(2_000_000));
  const [unread, read] = [await streams.at(0), await streams.at(1)];
  assert.equal((await buffer(read)).length, 2_000_000);
  assert.ok(sent < 2_000_000, `${sent} bytes were taken`);
  assert.ok(unread.queuedBytes <= 256 * 1024);
  unread.resume();
  await once(stuck, 'drain');
});

test('between ends that count, one whose window has grown holds up itself alone too', async (t) => {
  const streams = new Arrivals<SpdyStream>();
  const { client } = connected(t, (stream) => streams.add(stream));
  const large = client.openStream(headers);
  const fill = () => {
    while (large.write(Buffer.alloc(65_536)));
  };
  large.on('drain', fill);
  fill();
  const reader = await streams.at(0);
  let taken = 0;
  await new Promise<void>((resolve) => {
    reader.on('data', ({ length }: Buffer) => {
      taken += length;
      if (taken < 64 * 1024 * 1024) return;
      reader.pause();
      resolve();
    });
  });
  // More lies unread than is kept of a peer that does not count.
  while (reader.queuedBytes < 9 * 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 10));
  large.off('drain', fill);
  client.openStream(headers).end('is heard');
  assert.equal(await text(await streams.at(1)), 'is heard');
});

test('of a peer that does not count, unread bytes are bounded for the connection, and nothing is lost', async (t) => {
  const streams: SpdyStream[] = [];
  const { near, encoder, server } = byHand(t, (stream) => streams.push(stream));
  near.write(encodeSynStream(1, encoder.encode(headers)));
  near.write(encodeSynStream(3, encoder.encode(headers)));
  let sent = 0;
  const chunk = data(1, Buffer.alloc(65_536, 'x'));
  while (near.write(chunk)) sent += 65_536;
  const fill = () => {
    while (sent < 20 * 1024 * 1024) {
      sent += 65_536;
      if (!near.write(chunk)) return;
    }
    near.off('drain', fill);
    near.write(data(1, '', true));
    near.write(data(3, 'after all', true));
  };
  near.on('drain', fill);
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(sent < 10 * 1024 * 1024, `${sent} bytes were taken`);
  assert.equal((await buffer(streams[0] as SpdyStream)).length % 65_536, 0);
  assert.equal(await text(streams[1] as SpdyStream), 'after all');
  assert.equal(server.open, true);
});

test('single bytes that wait for a reader are kept, and given, as few pieces', async (t) => {
  const opened = Promise.withResolvers<SpdyStream>();
  const { near, encoder, server } = byHand(t, opened.resolve);
  near.write(encodeSynStream(1, encoder.encode(headers)));
  const bytes = Buffer.concat(Array.from({ length: 100_000 }, (_, i) => data(1, i === 99_999 ? 'z' : 'a')));
  near.end(Buffer.concat([bytes, data(1, '', true), encodeGoAway(0, 0)]));
  const stream = await opened.promise;
  await server.closed;
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  assert.equal(Buffer.concat(pieces).toString(), `${'a'.repeat(99_999)}z`);
  assert.ok(pieces.length < 30, `${pieces.length} pieces`);
});

test('a reader that leaves in the middle of a piece counts as having read it', async (t) => {
  const opened = Promise.withResolvers<SpdyStream>();
  const { near, encoder, server } = byHand(t, opened.resolve);
  near.write(encodeSynStream(1, encoder.encode(headers)));
  const stream = await opened.promise;
  stream.on('data', () => stream.destroy());
  await new Promise((resolve) => setImmediate(resolve));
  near.write(data(1, 'read'));
  await once(stream, 'close');
  assert.equal(server.unreadBytes, 0);
});

test('to a peer that does not count, data flows without window updates', async (t) => {
  const { near, encoder, frames, until } = byHand(t, (stream) => stream.end(Buffer.alloc(1_000_000)));
  near.write(encodeSynStream(1, encoder.encode(headers)));
  await until((frame) => frame.type === 'data' && frame.fin);
  const bytes = frames.reduce((sum, frame) => sum + (frame.type === 'data' ? frame.payload.length : 0), 0);
  assert.equal(bytes, 1_000_000);
  assert.deepEqual(
    frames.slice(0, 2).map(({ type }) => type),
    ['settings', 'synReply'],
  );
});

test('more streams than allowed are refused one by one, as are streams to who takes none', async (t) => {
  const { near, encoder, until, server } = byHand(t, (stream) => stream.resume(), { maxStreams: 2 });
  for (const id of [1, 3, 5]) near.write(encodeSynStream(id, encoder.encode(headers)));
  assert.deepEqual(await until(({ type }) => type === 'rstStream'), { type: 'rstStream', id: 5, status: 3 });
  near.write(encodeReset(1, 5));
  near.write(encodeSynStream(7, encoder.encode(headers)));
  await until((frame) => frame.type === 'synReply' && frame.id === 7);
  assert.equal(server.streamCount, 2);

  const { client, server: other } = connected(t, () => {});
  const refused = other.openStream(headers);
  await assert.rejects(text(refused), /reset the stream \(status 3\)/);
  assert.equal(client.streamCount, 0);
});

test('pings are answered, those of ours are not; leave is taken when the peer has taken it', async (t) => {
  const { near, until, server } = byHand(t, () => {}, { pingIntervalMs: 10 });
  near.write(encodePing(7));
  assert.deepEqual(await until((frame) => frame.type === 'ping' && frame.id % 2 === 1), { type: 'ping', id: 7 });
  await until((frame) => frame.type === 'ping' && frame.id === 4);
  near.write(encodePing(4));
  near.write(encodeGoAway(0, 0));
  assert.equal((await server.closed).isClean, true);
});

test('an end that counts and falls silent is given up', async (t) => {
  const [near, far] = duplexPair();
  const server = new SpdyConnection(far, { role: 'server', pingIntervalMs: 20 });
  t.after(() => near.destroy());
  near.resume();
  near.write(Buffer.from('800300040000000400000000', 'hex'));
  assert.deepEqual(await server.closed, { isClean: false, reason: 'the connection was given up' });
});

test('what breaks the protocol ends the connection with a word', async (t) => {
  const encoded = () => new HeaderEncoder().encode(headers);
  const bomb = () => new HeaderEncoder().encode(new Map([['a', 'x'.repeat(40_000)]]));
  const cases: [string, Buffer, RegExp][] = [
    ['stream 0', data(0, 'x'), /stream 0/],
    ['another version', Buffer.from('8002000100000000', 'hex'), /version 2/],
    ['a giant control frame', Buffer.from('8003000100ffffff', 'hex'), /longer than/],
    ['a SYN_STREAM cut short', Buffer.from('800300010000000400000001', 'hex'), /cut short/],
    ['a stream of our side', encodeSynStream(2, encoded()), /may not open stream 2/],
    ['no compressed headers', encodeSynStream(1, Buffer.from('nonsense')), /cannot be decompressed/],
    ['headers too large', encodeSynStream(1, bomb()), /larger than/],
    ['settings that lie', Buffer.from('8003000400000004000000ff', 'hex'), /lies about its length/],
    [
      'compression that ends',
      encodeSynStream(1, Buffer.concat([Buffer.from('78bbe3c6a7c2010000ffff00000001', 'hex'), Buffer.alloc(9)])),
      /have ended|cut short|decompressed/,
    ],
  ];
  for (const [what, bytes, expected] of cases) {
    const { near, server, until } = byHand(t, () => assert.fail(what));
    near.write(bytes);
    const { isClean, reason } = await server.closed;
    assert.equal(isClean, false, what);
    assert.match(reason, expected, what);
    assert.deepEqual(await until(({ type }) => type === 'goAway'), { type: 'goAway', lastGoodId: 0, status: 1 }, what);
  }
});

test('what breaks one stream ends that one alone', async (t) => {
  const streams: SpdyStream[] = [];
  const { near, encoder, until, server } = byHand(t, (stream) => streams.push(stream));
  near.write(data(9, 'to nobody'));
  assert.deepEqual(await until(({ type }) => type === 'rstStream'), { type: 'rstStream', id: 9, status: 2 });
  near.write(encodeSynStream(11, encoder.encode(headers)));
  near.write(data(11, 'end', true));
  near.write(data(11, 'and more'));
  await until((frame) => frame.type === 'rstStream' && frame.id === 11);
  near.write(encodeSynStream(13, encoder.encode(headers)));
  near.write(encodeWindowUpdate(13, 0x7fffffff));
  near.write(encodeSynReply(13, encoder.encode(headers)));
  near.write(data(13, 'fine', true));
  await until((frame) => frame.type === 'synReply' && frame.id === 13);
  assert.equal(await text(streams[1] as SpdyStream), 'fine');
  assert.equal(server.open, true);
});

test('a peer that counts may send more to a reader that keeps up, and what it sent to another', async (t) => {
  const { near, encoder, until } = byHand(t, (stream) => {
    if (stream.id === 1) stream.resume();
    else stream.once('readable', () => stream.read(140_000));
  });
  near.write(Buffer.from('800300040000000400000000', 'hex'));
  for (const id of [1, 3]) near.write(encodeSynStream(id, encoder.encode(headers)));
  near.write(data(1, Buffer.alloc(140_000)));
  const window = 256 * 1024;
  assert.deepEqual(await until(({ type }) => type === 'windowUpdate'), {
    type: 'windowUpdate',
    id: 1,
    delta: 140_000 + window,
  });
  for (let i = 0; i < 2; i++) near.write(data(3, Buffer.alloc(130_000)));
  near.write(data(3, Buffer.alloc(300_000)));
  assert.deepEqual(await until(({ type }) => type === 'rstStream'), { type: 'rstStream', id: 3, status: 7 });
});

test('a peer that sends more than its window is cut off', async (t) => {
  const { near, encoder, until } = byHand(t, () => {});
  near.write(Buffer.from('800300040000000400000000', 'hex'));
  near.write(encodeSynStream(1, encoder.encode(headers)));
  near.write(data(1, Buffer.alloc(600_000)));
  assert.deepEqual(await until(({ type }) => type === 'rstStream'), { type: 'rstStream', id: 1, status: 7 });
});

test('a peer that asks and does not read is not read any more', async (t) => {
  const far = new (class extends Duplex {
    override _read() {}
    override _write() {}
  })({ highWaterMark: 16 });
  const server = new SpdyConnection(far, { role: 'server' });
  t.after(() => server.destroy());
  for (let i = 0; i < 2000; i++) far.push(Buffer.concat(Array.from({ length: 100 }, () => encodePing(1))));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(far.writableLength < 2_000_000, `${far.writableLength} bytes wait`);
  assert.ok(far.readableLength > 0 && far.writableLength > 1_000_000);
});

test('a connection that has failed closes when its peer takes no more of what was written', async (t) => {
  const [near, far] = duplexPair();
  const server = new SpdyConnection(far, { role: 'server' });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 10_000; i++) near.write(encodePing(1));
  while (far.writableLength < 10_000) await turn();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  near.write(Buffer.alloc(64, 0xff));
  await server.closed;
  for (let i = 0; i < 3; i++) {
    t.mock.timers.tick(4000);
    // Some of it is taken.
    for (let j = 0; j < 10; j++) near.read();
    await turn();
  }
  assert.equal(far.destroyed, false);
  for (let i = 0; i < 2; i++) t.mock.timers.tick(5000);
  assert.equal(far.destroyed, true);
  near.destroy();
});

test('what came in full is read though the connection ended with it; what did not, is a failure', async (t) => {
  const streams: SpdyStream[] = [];
  const { near, encoder, server } = byHand(t, (stream) => streams.push(stream));
  const opening = [1, 3].map((id) => encodeSynStream(id, encoder.encode(headers)));
  near.end(Buffer.concat([...opening, data(1, 'whole', true), data(3, 'half'), encodeGoAway(0, 0)]));
  await server.closed;
  const [whole, half] = streams;
  assert.ok(whole !== undefined && half !== undefined);
  assert.equal(await text(whole), 'whole');
  await assert.rejects(text(half));
});
