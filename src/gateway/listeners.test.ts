import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawClient } from '../../test/raw-sockets.ts';
import { ListenError, listenOnLoopback } from './listeners.ts';

test('one port on both loopback addresses', async () => {
  const accepted: string[] = [];
  await using listeners = await listenOnLoopback({ host: 'localhost', port: 0 }, (socket) => {
    accepted.push(socket.remoteAddress ?? '');
    socket.end();
  });
  for (const address of listeners.addresses) {
    using client = await RawClient.open(listeners.port, address);
    await client.end();
  }
  assert.deepEqual(accepted, listeners.addresses);
  assert.equal(listeners.addresses[0], '127.0.0.1');
});

test('a port in use is a sentence, whichever of the addresses has it, and nothing stays open', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    await using other = await listenOnLoopback({ host, port: 0 }, (socket) => socket.end());
    const { port } = other;
    const listening = listenOnLoopback({ host: 'localhost', port }, () => {});
    await assert.rejects(
      listening,
      (error: Error) => error instanceof ListenError && error.message.includes(`Port ${port} is in use on ${host}`),
    );
    if (host === '127.0.0.1') continue;
    await assert.rejects(RawClient.open(port, '127.0.0.1'));
  }
});

test('no other address is listened on', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
    await assert.rejects(
      listenOnLoopback({ host, port: 0 }, () => {}),
      new RegExp(`does not listen on ${host}`),
    );
  }
});
