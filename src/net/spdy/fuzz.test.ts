/** Bytes from a seeded generator, mutated from a valid session: the parser, the headers and the connection stand them. */
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { SpdyConnection } from './connection.ts';
import {
  encodeDataHead,
  encodeGoAway,
  encodePing,
  encodeReset,
  encodeSettings,
  encodeSynReply,
  encodeSynStream,
  encodeWindowUpdate,
  FrameParser,
  SpdyProtocolError,
} from './frames.ts';
import { HeaderEncoder } from './header-block.ts';

/** xorshift32: the same numbers for the same seed everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function session(next: (below: number) => number): Buffer[] {
  const encoder = new HeaderEncoder();
  const frames: Buffer[] = next(2) === 0 ? [] : [encodeSettings([{ id: 7, value: next(100_000) }])];
  let id = -1;
  for (let i = 0; i < 12; i++) {
    const to = 1 + next(id + 4);
    const payload = Buffer.alloc(next(300), 'd');
    const kinds = [
      () => {
        id += 2;
        return encodeSynStream(id, encoder.encode(new Map([['streamtype', `${next(9)}`]])));
      },
      () => Buffer.concat([encodeDataHead(to, payload.length, next(3) === 0), payload]),
      () => encodeReset(to, 1 + next(11)),
      () => encodePing(next(100)),
      () => encodeWindowUpdate(to, next(100_000)),
      () => encodeSynReply(to, encoder.encode(new Map())),
      () => (next(10) === 0 ? encodeGoAway(to, next(3)) : encodePing(1)),
    ];
    frames.push(kinds[next(kinds.length)]?.() ?? Buffer.alloc(0));
  }
  return frames;
}

function mutate(bytes: Buffer, next: (below: number) => number): Buffer {
  const out = Buffer.from(bytes);
  for (let i = next(4); i > 0; i--) out[next(out.length)] = next(256);
  return next(5) === 0 ? out.subarray(0, next(out.length)) : out;
}

test('the parser throws nothing but SpdyProtocolError, and keeps nothing that is large', () => {
  const next = generator(20_260_801);
  for (let round = 0; round < 2000; round++) {
    const bytes = mutate(Buffer.concat(session(next)), next);
    const parser = new FrameParser({ maxControlBytes: 4096 });
    try {
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + next(200);
        for (const frame of parser.push(bytes.subarray(at, end))) assert.notEqual(frame.type, undefined);
        at = end;
      }
    } catch (error) {
      assert.ok(error instanceof SpdyProtocolError, String(error));
    }
  }
});

test('a connection always ends, with all of its streams, whatever came', async () => {
  const next = generator(7);
  for (let round = 0; round < 150; round++) {
    const [near, far] = duplexPair();
    near.resume();
    near.on('error', () => {});
    let open = 0;
    const connection = new SpdyConnection(far, {
      role: 'server',
      maxStreams: 4,
      onStream: (stream) => {
        open += 1;
        stream.once('close', () => {
          open -= 1;
        });
        if (next(2) === 0) stream.pipe(stream);
        else stream.destroy();
      },
    });
    const bytes = mutate(Buffer.concat(session(next)), next);
    for (let at = 0; at < bytes.length; at += 100) near.write(bytes.subarray(at, at + 100));
    near.end();
    await connection.closed;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([connection.streamCount, open], [0, 0], `round ${round}`);
  }
});
