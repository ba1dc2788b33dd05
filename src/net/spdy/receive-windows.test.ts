import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { SpdyConnection } from './connection.ts';
import type { SpdyFrame } from './frames.ts';
import { encodeDataHead, encodePing, encodeSettings, FrameParser } from './frames.ts';

test('a peer is not allowed more on a stream that it has ended', async (t) => {
  const [near, far] = duplexPair();
  const client = new SpdyConnection(near, { role: 'client' });
  t.after(() => client.destroy());
  const types: SpdyFrame['type'][] = [];
  const parser = new FrameParser({ maxControlBytes: 1000 });
  const answered = Promise.withResolvers<void>();
  far.on('data', (chunk: Buffer) => {
    for (const { type } of parser.push(chunk)) {
      types.push(type);
      if (type === 'ping') answered.resolve();
    }
  });
  const stream = client.openStream(new Map([['streamtype', 'data']]));
  const bytes = Buffer.alloc(200_000);
  far.write(Buffer.concat([encodeSettings([]), encodeDataHead(1, bytes.length, true), bytes]));
  assert.equal((await buffer(stream)).length, bytes.length);
  far.write(encodePing(2));
  await answered.promise;
  assert.ok(!types.includes('windowUpdate'));
});
