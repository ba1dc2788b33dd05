import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import { WebSocketByteStream } from './byte-stream.ts';
import { WebSocketPeer } from './peer.ts';

function pair() {
  const [near, far] = duplexPair();
  return { near, far, server: new WebSocketByteStream(far, { role: 'server' }) };
}

test('bytes go through both ways, held up by a slow reader, and end with 1000', async () => {
  const { near, server } = pair();
  const client = new WebSocketByteStream(near, { role: 'client' });
  const sent = Buffer.alloc(5_000_000, 'abc');
  assert.equal(client.write(sent.subarray(0, 4_000_000)), false);
  server.write('hello');
  const [hello] = await new Promise<[Buffer]>((resolve) => client.once('data', (chunk: Buffer) => resolve([chunk])));
  assert.equal(String(hello), 'hello');
  client.resume();
  client.end(sent.subarray(4_000_000));
  assert.ok((await buffer(server)).equals(sent));
});

test('an end that is not 1000 and a text message are failures', async () => {
  for (const end of ['close', 'cut', 'text']) {
    const { near, server } = pair();
    const peer = new WebSocketPeer(near, { role: 'client' }, { onMessage: () => {}, onClose: () => {} });
    const read = text(server);
    if (end === 'close') peer.close(1001, 'going away');
    if (end === 'cut') peer.terminate();
    if (end === 'text') peer.sendText('text');
    if (end === 'text') peer.close(1001);
    await assert.rejects(read, end === 'close' ? /going away/ : /cut off/, end);
  }
});
