import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { testCertificate } from '../../test/certificate.ts';
import { openUpstreamPool } from './http1/pool.ts';
import { SecureSocket } from './secure-socket.ts';

const certificate = testCertificate(['api.internal']);
const secureContext = createSecureContext(certificate);

for (const over of ['TCP', 'TLS'] as const) {
  test(`what a peer said before it reset an upgraded connection over ${over} is read after a write has failed`, {
    timeout: 10_000,
  }, async () => {
    const { promise: isReset, resolve } = Promise.withResolvers<void>();
    const server = createServer((accepted: Socket) => {
      const socket = over === 'TLS' ? new SecureSocket(accepted, { secureContext }) : accepted;
      for (const each of [accepted, socket]) each.on('error', () => {});
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: words\r\n\r\n');
        socket.once('data', () => {
          socket.write('all there is to say', () => accepted.resetAndDestroy());
          accepted.once('close', () => resolve());
        });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    using open = new DisposableStack();
    open.defer(() => server.close());
    const { port } = server.address() as AddressInfo;
    const tls = over === 'TLS' ? { tls: { ca: certificate.ca, serverName: 'api.internal' } } : {};
    await using pool = openUpstreamPool();
    const answer = await pool.upgrade(
      { host: '127.0.0.1', port, ...tls },
      { method: 'GET', target: '/', headers: [['Upgrade', 'words']], signal: new AbortController().signal },
    );
    assert(answer.upgraded);
    const { stream } = answer;
    const closed = once(stream, 'close');
    stream.write('a question');
    await isReset;
    for (const more of ['and', 'on', 'and on']) await new Promise((written) => stream.write(more, written));
    assert.equal(await text(stream), 'all there is to say');
    await closed;
  });
}
