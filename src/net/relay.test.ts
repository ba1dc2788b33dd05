import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { relay } from './relay.ts';

function relayed() {
  const [client, near] = duplexPair();
  const [far, pod] = duplexPair();
  return { client, near, far, pod, over: relay(near, far, { takeMs: 100, endMs: 100 }) };
}

test('one that had ended and takes no more lets the other end in peace, for a bounded time', async () => {
  const { client, near, far, pod, over } = relayed();
  const answered = once(client.resume(), 'end');
  pod.end('answer');
  await once(far, 'end');
  far.destroy();
  await answered;
  let sent = 0;
  const send = (): void => {
    client.write(Buffer.alloc(1000), () => {
      sent++;
      if (!near.destroyed) setImmediate(send);
    });
  };
  send();
  await over;
  assert.ok(near.destroyed && sent > 100, `${sent} pieces were taken`);
  client.destroy();
  pod.destroy();
});

test('what was read before a cut goes out before the other side is cut', async () => {
  const { client, near, far, pod, over } = relayed();
  for (let i = 0; i < 2; i++) pod.write(Buffer.alloc(100_000));
  while (near.writableLength < 200_000) await new Promise((resolve) => setImmediate(resolve));
  far.destroy();
  await once(far, 'close');
  let heard = 0;
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    heard += (chunk as Buffer).length;
    if (heard === 200_000) break;
  }
  assert.equal(heard, 200_000);
  await over;
  assert.equal(near.readableEnded, false);
  client.destroy();
  pod.destroy();
});
