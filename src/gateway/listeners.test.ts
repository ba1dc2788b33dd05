import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { RawClient } from '../../test/raw-sockets.ts';
import { ListenError, openListeners } from './listeners.ts';

test('one port on both loopback addresses', async () => {
  const accepted: string[] = [];
  await using listeners = await openListeners({ host: 'localhost', port: 0 }, (socket) => {
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
    await using other = await openListeners({ host, port: 0 }, (socket) => socket.end());
    const { port } = other;
    const listening = openListeners({ host: 'localhost', port }, () => {});
    await assert.rejects(
      listening,
      (error: Error) => error instanceof ListenError && error.message.includes(`Port ${port} is in use on ${host}`),
    );
    if (host === '127.0.0.1') continue;
    await assert.rejects(RawClient.open(port, '127.0.0.1'));
  }
});

test('what is no address of this machine is told', async () => {
  for (const [host, message] of [
    ['example.com', /"example.com" is no IP address of this machine/],
    ['192.0.2.1', /has no address 192\.0\.2\.1 to listen on/],
  ] as const) {
    await assert.rejects(
      openListeners({ host, port: 0 }, () => {}),
      message,
    );
  }
});

test('a unix socket that has taken the place of another one stays when that one ends, and goes with its own', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-'));
  try {
    const path = join(directory, 'gateway.sock');
    const listen = (name: string) => openListeners({ unixSocket: path }, (socket) => socket.end(name));
    const older = await listen('older');
    const newer = await listen('newer');
    await older[Symbol.asyncDispose]();
    assert.equal(await text(connect(path)), 'newer');
    await newer[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(directory), []);
    await using last = await listen('last');
    await newer[Symbol.asyncDispose]();
    assert.equal(await text(connect(last.addresses[0] ?? '')), 'last');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a unix socket is its owner`s alone, takes the place of an older one, and of nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-'));
  try {
    const path = join(directory, 'gateway.sock');
    const listen = () => openListeners({ unixSocket: path }, (socket) => socket.end('hello'));
    const older = await listen();
    {
      await using listeners = await listen();
      assert.deepEqual(listeners.addresses, [path]);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.equal(await text(connect(path)), 'hello');
    }
    await older[Symbol.asyncDispose]();
    await writeFile(path, 'mine');
    await assert.rejects(listen(), (error) => error instanceof ListenError && error.message.includes(path));
    assert.equal(await readFile(path, 'utf8'), 'mine');
    await assert.rejects(
      openListeners({ unixSocket: join(directory, 'none', 'sock') }, () => {}),
      /there is no folder/,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
