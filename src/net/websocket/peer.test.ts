import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { openUpstreamPool } from '../http1/pool.ts';
import { encodeFrame, opcode } from './frames.ts';
import { answerHandshake, beginHandshake, finishHandshake, HandshakeError, headerLines } from './handshake.ts';
import type { WebSocketClose, WebSocketOptions } from './peer.ts';
import { WebSocketPeer } from './peer.ts';

interface Recorder {
  peer: WebSocketPeer;
  messages: (string | Buffer)[];
  closed: Promise<WebSocketClose>;
  /** Resolves when this many messages are in. */
  received(count: number): Promise<void>;
}

function record(
  socket: Socket,
  options: WebSocketOptions,
  onMessage?: (peer: WebSocketPeer, data: Buffer) => void,
): Recorder {
  const messages: (string | Buffer)[] = [];
  const { promise, resolve } = Promise.withResolvers<WebSocketClose>();
  const waiters: { count: number; resolve: () => void }[] = [];
  const peer = new WebSocketPeer(socket, options, {
    onMessage(data, isText) {
      messages.push(isText ? data.toString() : data);
      onMessage?.(peer, data);
      for (const waiter of waiters) if (messages.length >= waiter.count) waiter.resolve();
    },
    onClose: resolve,
  });
  return {
    peer,
    messages,
    closed: promise,
    received: (count) =>
      messages.length >= count
        ? Promise.resolve()
        : new Promise<void>((done) => waiters.push({ count, resolve: done })),
  };
}

/** Our server end, upgraded by our handshake, and the port of it. */
async function ourServer(t: TestContext, options: Partial<WebSocketOptions> = {}) {
  const server = createServer();
  const { promise: connected, resolve } = Promise.withResolvers<Recorder>();
  server.on('upgrade', (request, socket, head) => {
    const answer = answerHandshake(request.method ?? '', headerLines(request.rawHeaders), ['b', 'a']);
    socket.write(answer.head);
    socket.unshift(head);
    resolve(record(socket as Socket, { role: 'server', ...options }, (peer, data) => peer.send(data)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, connected };
}

test('our server end speaks with the ws client: subprotocol, fragments, large messages, pings, close', async (t) => {
  const { port, connected } = await ourServer(t);
  const client = new WebSocket(`ws://127.0.0.1:${port}`, ['a', 'b']);
  await once(client, 'open');
  assert.equal(client.protocol, 'a');
  const server = await connected;
  const big = Buffer.alloc(300_000, 'x');
  const echoes: Buffer[] = [];
  client.on('message', (data: Buffer) => echoes.push(data));
  client.send('frag', { fin: false });
  client.ping('between');
  const [pong] = await once(client, 'pong');
  assert.equal(String(pong), 'between');
  client.send('mented', { fin: true });
  client.send(big);
  client.send(Buffer.alloc(126));
  client.send(Buffer.alloc(0));
  while (echoes.length < 4) await once(client, 'message');
  assert.equal(server.messages[0], 'fragmented');
  assert.deepEqual(
    echoes.map((echo) => echo.length),
    [10, 300_000, 126, 0],
  );
  assert.ok(echoes[1]?.equals(big));
  client.close(4001, 'bye');
  assert.deepEqual(await server.closed, { code: 4001, reason: 'bye' });
  const [code] = await once(client, 'close');
  assert.equal(code, 4001);
});

test('binary messages whose borders mean nothing come in pieces, texts and control frames between them whole', async (t) => {
  const { port, connected } = await ourServer(t, { inPieces: true });
  const client = new WebSocket(`ws://127.0.0.1:${port}`, ['a']);
  await once(client, 'open');
  const server = await connected;
  const echoes: Buffer[] = [];
  client.on('message', (data: Buffer) => echoes.push(data));
  const length = () => echoes.reduce((sum, { length }) => sum + length, 0);
  const big = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
  client.send(big);
  while (length() < big.length) await once(client, 'message');
  assert.ok(echoes.length > 1);
  assert.ok(Buffer.concat(echoes).equals(big));
  echoes.length = 0;
  client.send('é'.repeat(100_000));
  await once(client, 'message');
  assert.equal(server.messages.at(-1), 'é'.repeat(100_000));
  client.send('a', { binary: true, fin: false });
  client.ping('between');
  assert.equal(String((await once(client, 'pong'))[0]), 'between');
  client.send('b', { binary: true, fin: true });
  while (length() < 200_002) await once(client, 'message');
  assert.deepEqual(server.messages.slice(-2).map(String), ['a', 'b']);
  client.close(1000);
  assert.deepEqual(await server.closed, { code: 1000, reason: '' });
});

test('a message in a great many fragments, most of them empty, comes whole', async (t) => {
  const { port, connected } = await ourServer(t, { maxMessageBytes: 1000 });
  const client = new WebSocket(`ws://127.0.0.1:${port}`, ['a']);
  await once(client, 'open');
  const server = await connected;
  for (let i = 0; i < 1000; i++) {
    client.send('', { fin: false });
    client.send('x', { fin: i === 999 });
  }
  await server.received(1);
  assert.equal(server.messages[0], 'x'.repeat(1000));
  client.send('x'.repeat(600), { fin: false });
  client.send('x'.repeat(401));
  assert.deepEqual((await once(client, 'close'))[0], 1009);
});

test('a peer that asks and does not read is kept one answer, that to its last ping', async () => {
  const [near, far] = duplexPair();
  new WebSocketPeer(far, { role: 'server' }, { onMessage: () => {}, onClose: () => {} });
  for (let i = 1; i <= 10_000; i++) {
    if (!near.write(encodeFrame(opcode.ping, [Buffer.from(`ping ${i}`.padEnd(125))], true))) await once(near, 'drain');
  }
  assert.ok(far.writableLength < 100_000, `${far.writableLength} bytes are kept`);
  let answers = Buffer.alloc(0);
  near.on('data', (chunk: Buffer) => {
    answers = Buffer.concat([answers, chunk]);
  });
  near.write(encodeFrame(opcode.ping, [Buffer.from('the last')], true));
  while (!answers.includes('the last')) await once(near, 'data');
  assert.ok(answers.includes('ping 1 '));
  assert.ok(answers.includes('ping 10000'));
});

test('our client end speaks with the ws server', async (t) => {
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'a' });
  await once(wss, 'listening');
  t.after(() => wss.close());
  wss.on('connection', (ws) => {
    ws.on('message', (data: Buffer, binary) => {
      if (String(data) === 'close') ws.close(1000, 'done');
      else ws.send(data, { binary });
    });
  });
  await using pool = openUpstreamPool();
  const { key, headers } = beginHandshake(['a']);
  const result = await pool.upgrade(
    { host: '127.0.0.1', port: (wss.address() as AddressInfo).port },
    { method: 'GET', target: '/', headers, signal: t.signal },
  );
  assert.ok(result.upgraded);
  assert.equal(finishHandshake(key, ['a'], result.headers), 'a');
  const client = record(result.stream as Socket, { role: 'client', pingIntervalMs: 20 });
  const big = Buffer.from(Array.from({ length: 70_001 }, (_, i) => i & 255));
  client.peer.send(big.subarray(0, 7), big.subarray(7));
  client.peer.sendText('grüß');
  await client.received(2);
  assert.deepEqual(client.messages, [big, 'grüß']);
  client.peer.sendText('close');
  assert.deepEqual(await client.closed, { code: 1000, reason: 'done' });
});

test('what breaks the protocol is answered with the right close code', async (t) => {
  const masked = (first: number, payload: Buffer): Buffer =>
    Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  const cases: [string, Buffer, number][] = [
    ['unmasked', Buffer.from([0x81, 1, 97]), 1002],
    ['reserved bit', masked(0xc1, Buffer.from('a')), 1002],
    ['unknown opcode', masked(0x83, Buffer.from('a')), 1002],
    ['fragmented ping', masked(0x09, Buffer.alloc(0)), 1002],
    ['continuation of nothing', masked(0x80, Buffer.from('a')), 1002],
    [
      'new message inside another',
      Buffer.concat([masked(0x01, Buffer.from('a')), masked(0x81, Buffer.from('b'))]),
      1002,
    ],
    ['long form of a short length', Buffer.from([0x82, 0xfe, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5]), 1002],
    ['text that is not UTF-8', masked(0x81, Buffer.from([0xff])), 1007],
    ['too large', Buffer.from([0x82, 0xfe, 0x10, 0x01, 0, 0, 0, 0]), 1009],
    ['forbidden close code', masked(0x88, Buffer.from([0x03, 0xee])), 1002],
    ['half a close code', masked(0x88, Buffer.from([3])), 1002],
  ];
  const server = createTcpServer((socket) => record(socket, { role: 'server', maxMessageBytes: 4096 }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  for (const [name, bytes, code] of cases) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    // Byte by byte where it is short: a frame may be cut anywhere.
    for (const byte of bytes) socket.write(Buffer.from([byte]));
    let answer = Buffer.alloc(0);
    for await (const chunk of socket) answer = Buffer.concat([answer, chunk as Buffer]);
    assert.equal(answer[0], 0x88, name);
    assert.equal(answer.readUInt16BE(2), code, name);
  }
});

test('a connection that ends without a close frame is not a clean end', async (t) => {
  const { port, connected } = await ourServer(t);
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(client, 'open');
  client.terminate();
  assert.equal((await (await connected).closed).code, 1006);
});

test('a peer that does not answer pings is given up', async (t) => {
  const { port, connected } = await ourServer(t, { pingIntervalMs: 20 });
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: false });
  client.on('error', () => {});
  assert.equal((await (await connected).closed).code, 1006);
});

test('a peer whose answer is there, and not read yet since this process was held up, is not given up', async (t) => {
  const { port, connected } = await ourServer(t, { pingIntervalMs: 20 });
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const { closed } = await connected;
  const held = new Promise<void>((resolve) => {
    let pings = 0;
    client.on('ping', () => {
      // It has answered this ping.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      if (++pings === 3) resolve();
    });
  });
  assert.equal(await Promise.race([held, closed]), undefined);
  client.close();
  assert.equal((await closed).code, 1005);
});

test('send tells when the peer is slow, and onDrain when it took all', async (t) => {
  const { port, connected } = await ourServer(t);
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(client, 'open');
  client.pause();
  const { peer } = await connected;
  let sent = 0;
  while (peer.send(Buffer.alloc(64 * 1024))) sent++;
  assert.ok(sent < 1000);
  client.terminate();
});

test('handshakes that are not right are refused', () => {
  const { headers } = beginHandshake(['x']);
  const without = (name: string) => headers.filter(([header]) => header !== name);
  assert.throws(() => answerHandshake('POST', headers, []), HandshakeError);
  assert.throws(() => answerHandshake('GET', without('Upgrade'), []), HandshakeError);
  assert.throws(() => answerHandshake('GET', without('Sec-WebSocket-Key'), []), /Key/);
  assert.throws(() => answerHandshake('GET', without('Sec-WebSocket-Version'), []), { status: 426 });
  assert.throws(() => answerHandshake('GET', headers, ['y']), /served are: y/);
  assert.throws(() => finishHandshake('other', [], [['Sec-WebSocket-Accept', 'x']]), HandshakeError);
});

test('the stream of a server ends with its close frame, without waiting for that of the client', async () => {
  const [near, far] = duplexPair();
  const server = new WebSocketPeer(far, { role: 'server' }, { onMessage: () => {}, onClose: () => {} });
  server.send(Buffer.from('all'));
  server.close(1000);
  const all = await buffer(near);
  assert.equal(all.subarray(2, 5).toString(), 'all');
  assert.deepEqual([...all.subarray(5)], [0x88, 2, 0x03, 0xe8]);
  near.end();
});
