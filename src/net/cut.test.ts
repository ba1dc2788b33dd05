import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { testCertificate } from '../../test/certificate.ts';
import { cut } from './cut.ts';
import { SecureSocket } from './secure-socket.ts';

/** How the client saw its connection end, when the server cut it in the middle. */
async function ending(
  listen: ListenOptions,
  secure?: (socket: Socket) => SecureSocket,
  end: (socket: Socket) => void = cut,
): Promise<string> {
  const server = createServer((accepted) => {
    const socket = secure?.(accepted) ?? accepted;
    accepted.on('error', () => {});
    socket.on('error', () => {});
    socket.write('half of');
    socket.once('data', () => end(socket));
  });
  server.listen(listen);
  await once(server, 'listening');
  const where = listen.path === undefined ? { port: (server.address() as AddressInfo).port } : { path: listen.path };
  const client = secure === undefined ? connect(where) : connectTls({ ...where, rejectUnauthorized: false });
  const seen: string[] = [];
  client.on('end', () => seen.push('end'));
  client.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code ?? error.message));
  client.once('data', () => client.write('go on'));
  // Not by `once`, which an error would end.
  await new Promise((resolve) => client.on('close', resolve));
  server.close();
  return seen.join();
}

const local = { port: 0, host: '127.0.0.1' };
const secureContext = createSecureContext(testCertificate());
const overTls = (socket: Socket): SecureSocket => new SecureSocket(socket, { secureContext });
const much = Buffer.alloc(64 << 20);

for (const [over, secure] of [
  ['TCP', undefined],
  ['TLS', overTls],
] as const) {
  // Then all is written, and the shutdown is under way.
  const later = secure === undefined ? process.nextTick : setImmediate;
  for (const [when, end] of [
    ['in the middle', cut],
    ['twice, and destroyed', (socket: Socket) => [cut(socket), cut(socket), socket.destroy()]],
    ['behind writes under way', (socket: Socket) => [socket.write(much), cut(socket)]],
    ['before an end that waits for writes', (socket: Socket) => [socket.end(much), cut(socket)]],
  ] as const) {
    test(`a connection that is cut ${when} looks cut: ${over} is reset`, async () => {
      assert.equal(await ending(local, secure, end), 'ECONNRESET');
    });
  }

  test(`a connection that is cut while its end is on the way ends, and leaves nothing behind: ${over}`, async () => {
    let closed: Promise<unknown> | undefined;
    const seen = await ending(local, secure, (socket) => {
      // Rejects with an error of the socket.
      closed = once(socket, 'close');
      socket.end('all');
      later(() => {
        assert.equal(socket.writableFinished, false);
        cut(socket);
      });
    });
    assert.equal(seen, 'end');
    await closed;
  });
}

test('TLS follows what it runs on, whichever is destroyed first', async () => {
  for (const end of [
    (socket: Socket) => [beneath(socket).destroy(), socket.destroy()],
    (socket: Socket) => [socket.destroy(), beneath(socket).destroy()],
    (socket: Socket) => [beneath(socket).destroy(), process.nextTick(() => socket.destroy())],
  ]) {
    assert.equal(await ending(local, overTls, end), 'end');
  }
});

function beneath(socket: Socket): Socket {
  assert.ok(socket instanceof SecureSocket);
  return socket.beneath;
}

test('a unix socket, which cannot be reset, is ended', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-cut-'));
  try {
    assert.equal(await ending({ path: join(directory, 's') }), 'end');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a connection that is gone already may be cut again', async () => {
  const server = createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.resume();
  await once(client, 'close');
  cut(client);
  server.close();
});
