import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { testCertificate } from '../../test/certificate.ts';
import { cut, restsOn } from './cut.ts';

/** How the client saw its connection end, when the server cut it in the middle. */
async function ending(listen: ListenOptions, secure?: (socket: Socket) => TLSSocket): Promise<string> {
  const server = createServer((accepted) => {
    const socket = secure?.(accepted) ?? accepted;
    accepted.on('error', () => {});
    socket.on('error', () => {});
    socket.write('half of');
    socket.once('data', () => cut(socket));
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

test('a cut connection looks cut: TCP is reset, under TLS too', async () => {
  const local = { port: 0, host: '127.0.0.1' };
  assert.equal(await ending(local), 'ECONNRESET');
  const secureContext = createSecureContext(testCertificate());
  const secured = await ending(local, (socket) => {
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    restsOn(secure, socket);
    return secure;
  });
  assert.equal(secured, 'ECONNRESET');
});

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
