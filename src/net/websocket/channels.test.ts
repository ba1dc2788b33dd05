import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { test } from 'node:test';
import { Channels, v4Channels, v5Channels } from './channels.ts';
import { encodeFrame, opcode } from './frames.ts';
import { WebSocketPeer } from './peer.ts';
import { acceptPortForward, openPortForward } from './port-forward.ts';

/** Both ends of a TCP connection, as after the handshake. */
async function socketPair(): Promise<AsyncDisposable & { client: Socket; server: Socket }> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [server] = (await once(listener, 'connection')) as [Socket];
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

test('a text message is as good as a binary one', async () => {
  await using pair = await socketPair();
  const client = new WebSocketPeer(pair.client, { role: 'client' }, { onMessage: () => {}, onClose: () => {} });
  const server = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 1 });
  client.sendText('\0', 'größer');
  client.close();
  assert.equal(await text(server.channel(0)), 'größer');
});

test('a message may have any size, and may come cut anywhere', async () => {
  await using pair = await socketPair();
  const server = new Channels(pair.server, { role: 'server', subprotocol: v5Channels, count: 2 });
  const sent = Buffer.alloc(9_000_000, 'seventeen bytes: ');
  const received = buffer(server.channel(1));
  pair.client.write(encodeFrame(opcode.binary, [Buffer.of(1), sent], true));
  pair.client.write(encodeFrame(opcode.text, ['\x01', 'text'.repeat(1_200_000)].map(Buffer.from), true));
  pair.client.write(encodeFrame(opcode.binary, [], true));
  // Byte by byte: an empty fragment, the channel, what comes on it; and the end of the channel.
  const pieces = [
    [0x02, ''],
    [0x00, '\x01'],
    [0x00, ''],
    [0x80, 'cut'],
    [0x02, '\xff'],
    [0x80, '\x01'],
  ] as const;
  for (const [first, payload] of pieces) {
    const frame = encodeFrame(opcode.binary, [Buffer.from(payload, 'latin1')], true);
    frame[0] = first;
    for (const byte of frame) {
      pair.client.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const all = await received;
  assert.ok(all.subarray(0, sent.length).equals(sent));
  assert.equal(all.subarray(sent.length).toString(), `${'text'.repeat(1_200_000)}cut`);
});

test('channels keep streams apart; in v5 one direction of one channel can end', async () => {
  await using pair = await socketPair();
  const client = new Channels(pair.client, { role: 'client', subprotocol: v5Channels, count: 4 });
  const server = new Channels(pair.server, { role: 'server', subprotocol: v5Channels, count: 4 });
  client.channel(0).write('in');
  client.channel(0).end('put');
  assert.equal(await text(server.channel(0)), 'input');
  server.channel(1).write(Buffer.alloc(200_000, 'o'));
  server.channel(2).write('err');
  server.channel(3).write('{"status":"Success"}');
  server.close();
  const [out, err, status] = await Promise.all([1, 2, 3].map((number) => text(client.channel(number))));
  assert.equal(out?.length, 200_000);
  assert.equal(err, 'err');
  assert.equal(status, '{"status":"Success"}');
  assert.deepEqual(await client.closed, { code: 1000, reason: '' });
});

test('a lost connection fails every channel', async () => {
  await using pair = await socketPair();
  const client = new Channels(pair.client, { role: 'client', subprotocol: v4Channels, count: 2 });
  const server = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  server.channel(1).write('part');
  const [chunk] = await once(client.channel(1), 'data');
  assert.equal(String(chunk), 'part');
  server.terminate();
  await assert.rejects(text(client.channel(0)), /cut off/);
  assert.equal((await client.closed).code, 1006);
});

test('what is written when the other side has closed fails, after what came was read; a channel at rest closes', async () => {
  await using pair = await socketPair();
  const client = new Channels(pair.client, { role: 'client', subprotocol: v5Channels, count: 2 });
  const server = new Channels(pair.server, { role: 'server', subprotocol: v5Channels, count: 2 });
  server.channel(0).once('data', () => {
    server.channel(0).resume();
    server.channel(0).write('the last word', () => server.close());
  });
  // More than the loop could do by calling itself for each message.
  const written = new Promise((resolve) => client.channel(0).write(Buffer.alloc(100_000_000), resolve));
  assert.deepEqual(await client.closed, { code: 1000, reason: '' });
  client.channel(1).resume();
  await once(client.channel(1), 'close');
  assert.equal(client.channel(1).errored, null);
  assert.equal(client.channel(0).destroyed, false);
  assert.equal(await text(client.channel(0)), 'the last word');
  assert.match(String(await written), /EPIPE/);
  assert.equal(client.channel(0).destroyed, true);
});

test('a source that never ends is let go of when the other side has closed', async () => {
  await using pair = await socketPair();
  const client = new Channels(pair.client, { role: 'client', subprotocol: v5Channels, count: 1 });
  const server = new Channels(pair.server, { role: 'server', subprotocol: v5Channels, count: 1 });
  server.channel(0).once('data', () => {
    server.channel(0).resume();
    server.close();
  });
  const source = Readable.from(endless());
  source.pipe(client.channel(0).resume());
  assert.deepEqual(await client.closed, { code: 1000, reason: '' });
  await finished(client.channel(0)).catch(() => {});
  source.pause();
  assert.equal(source.listenerCount('data'), 0);
});

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1024);
}

test('a message for a channel that does not exist closes the connection', async () => {
  await using pair = await socketPair();
  const client = new Channels(pair.client, { role: 'client', subprotocol: v4Channels, count: 3 });
  const server = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  client.channel(2).write('x');
  assert.equal((await client.closed).code, 1002);
  assert.notEqual((await server.closed).code, 1000);
});

test('a channel that is not read holds the sender back', async () => {
  await using pair = await socketPair();
  const client = new Channels(pair.client, { role: 'client', subprotocol: v4Channels, count: 2 });
  const server = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  const total = 64 * 1024 * 1024;
  let sent = 0;
  const sender = (async () => {
    while (sent < total) {
      sent += 65_536;
      if (!client.channel(0).write(Buffer.alloc(65_536))) await once(client.channel(0), 'drain');
    }
    client.close();
  })();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(sent < total / 2, `${sent} bytes were taken`);
  let received = 0;
  for await (const chunk of server.channel(0)) received += (chunk as Buffer).length;
  await sender;
  assert.equal(received, total);
});

for (const subprotocol of [v4Channels, v5Channels]) {
  test(`port-forward carries a TCP stream (${subprotocol})`, async () => {
    await using pair = await socketPair();
    const stream = openPortForward(pair.client, { port: 8080, subprotocol });
    const channels = new Channels(pair.server, { role: 'server', subprotocol, count: 2 });
    const [forwarded] = acceptPortForward(channels, [8080]);
    assert.ok(forwarded !== undefined);
    stream.write('question');
    const [question] = await once(forwarded.data, 'data');
    assert.equal(String(question), 'question');
    forwarded.data.end('answer');
    if (subprotocol === v5Channels) {
      const rest = text(forwarded.data);
      stream.end(', and the rest');
      assert.equal(await rest, ', and the rest');
    }
    channels.close();
    assert.equal(await text(stream), 'answer');
  });
}

test('where one direction cannot end, the end of ours ends the connection once the other side is silent', async () => {
  await using pair = await socketPair();
  const stream = openPortForward(pair.client, { port: 80, subprotocol: v4Channels });
  const channels = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  const [forwarded] = acceptPortForward(channels, [80]);
  const received = text(stream);
  stream.end('bye');
  forwarded?.data.write('last words');
  assert.equal((await channels.closed).code, 1000);
  assert.equal(await received, 'last words');
});

test('a reader that pauses after our end misses nothing: its pause is no silence of the pod', async () => {
  await using pair = await socketPair();
  const stream = openPortForward(pair.client, { port: 80, subprotocol: v4Channels });
  const channels = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  const [forwarded] = acceptPortForward(channels, [80]);
  forwarded?.data.once('data', () => forwarded.data.write(Buffer.alloc(20_000_000), () => channels.close()));
  stream.end('all');
  let received = 0;
  for await (const chunk of stream) {
    if (received === 0) await new Promise((resolve) => setTimeout(resolve, 2500));
    received += (chunk as Buffer).length;
  }
  assert.equal(received, 20_000_000);
});

test('an answer that is due after our end is waited for longer, and missed with an error', async (t) => {
  await using pair = await socketPair();
  const stream = openPortForward(pair.client, { port: 80, subprotocol: v4Channels });
  const channels = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  const [forwarded] = acceptPortForward(channels, [80]);
  stream.end('question');
  setTimeout(() => forwarded?.data.write('answer'), 2000);
  assert.equal(await text(stream), 'answer');

  await using other = await socketPair();
  const unanswered = openPortForward(other.client, { port: 80, subprotocol: v4Channels });
  const silent = new Channels(other.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  const question = once(acceptPortForward(silent, [80])[0]?.data ?? unanswered, 'data');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  unanswered.end('question');
  await question;
  t.mock.timers.tick(60_000);
  await assert.rejects(text(unanswered), /may be missing/);
  // What was sent has arrived whole all the same.
  assert.equal((await silent.closed).code, 1000);
});

test('what the pod says as its silence ends the connection is heard, and no regular end', async () => {
  await using pair = await socketPair();
  const stream = openPortForward(pair.client, { port: 80, subprotocol: v4Channels });
  const say = (...words: string[]) => {
    for (const word of words) pair.server.write(encodeFrame(opcode.binary, [Buffer.from(word)], false));
  };
  say('\0P\0', '\x01P\0', '\0so far');
  pair.server.on('data', (frame: Buffer) => {
    if (((frame[0] ?? 0) & 15) !== opcode.close) return;
    say('\0, and more');
    pair.server.end(encodeFrame(opcode.close, [Buffer.of(3, 232)], false));
  });
  let heard = '';
  stream.on('data', (chunk: Buffer) => {
    heard += chunk;
  });
  stream.end();
  await assert.rejects(finished(stream), /may be missing/);
  assert.equal(heard, 'so far, and more');
});

test('port-forward fails with the text that the server gives', async () => {
  for (const close of [true, false]) {
    await using pair = await socketPair();
    const stream = openPortForward(pair.client, { port: 81, subprotocol: v4Channels });
    const channels = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
    const [forwarded] = acceptPortForward(channels, [81]);
    forwarded?.error.write('nothing listens on port 81');
    if (close) channels.close();
    await assert.rejects(text(stream), /nothing listens on port 81/);
  }
});

test('a port-forward that the server has closed gives all that came before a write fails', async () => {
  await using pair = await socketPair();
  const stream = openPortForward(pair.client, { port: 80, subprotocol: v4Channels });
  const channels = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  const [forwarded] = acceptPortForward(channels, [80]);
  assert.ok(forwarded !== undefined);
  forwarded.data.once('data', () => {
    forwarded.data.resume();
    forwarded.data.write(Buffer.alloc(50_000, 'a'), () => channels.close());
  });
  const written = new Promise((resolve) => stream.write(Buffer.alloc(50_000_000), resolve));
  assert.equal((await channels.closed).code, 1000);
  assert.equal((await text(stream)).length, 50_000);
  assert.match(String(await written), /EPIPE/);
});

test('port-forward refuses a stream to another port, and one that was cut', async () => {
  await using other = await socketPair();
  const wrong = openPortForward(other.client, { port: 80, subprotocol: v4Channels });
  acceptPortForward(new Channels(other.server, { role: 'server', subprotocol: v4Channels, count: 2 }), [81]);
  await assert.rejects(text(wrong), /port 81 where 80/);

  await using pair = await socketPair();
  const stream = openPortForward(pair.client, { port: 80, subprotocol: v4Channels });
  const channels = new Channels(pair.server, { role: 'server', subprotocol: v4Channels, count: 2 });
  acceptPortForward(channels, [80])[0]?.data.write('half');
  await once(stream, 'data');
  channels.terminate();
  await assert.rejects(text(stream), /cut off/);
});
