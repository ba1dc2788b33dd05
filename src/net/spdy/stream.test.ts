import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { SpdyConnection } from './connection.ts';

test('an answer that came in full is read though the peer then reset what is still being sent to it', async (t) => {
  const answer = Buffer.alloc(200_000, 'a');
  const [near, far] = duplexPair();
  const client = new SpdyConnection(near, { role: 'client' });
  const server = new SpdyConnection(far, {
    role: 'server',
    onStream: (stream) => stream.end(answer, () => stream.destroy()),
  });
  t.after(() => {
    client.destroy();
    server.destroy();
  });
  const stream = client.openStream(new Map());
  const written = new Promise((resolve) => stream.write(Buffer.alloc(1_000_000), resolve));
  let received = 0;
  for await (const chunk of stream) {
    received += (chunk as Buffer).length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(received, answer.length);
  assert.match(String(await written), /EPIPE/);
});
