/** A connection that was reset while it was idle, which is found only by the write of the next request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { testCertificate } from '../../../test/certificate.ts';
import { openUpstreamPool } from './pool.ts';
import type { UpstreamRequest } from './upstream.ts';

const serving = testCertificate();

/** Answers what comes in, a request a piece. */
async function serverOf(secure: boolean) {
  const requests: string[] = [];
  const accepted: Socket[] = [];
  const onConnection = (socket: Socket): void => {
    socket.on('error', () => {});
    let held = '';
    socket.on('data', (chunk) => {
      held += chunk;
      if (!held.endsWith('{}') && !held.endsWith('0\r\n\r\n')) return;
      requests.push(held.slice(0, held.indexOf(' ')));
      held = '';
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
    });
  };
  const server: Server = secure ? createTlsServer(serving, onConnection) : createServer(onConnection);
  server.on('connection', (socket: Socket) => accepted.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    requests,
    accepted,
    endpoint: {
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      ...(secure && { tls: { ca: serving.ca } }),
    },
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

for (const secure of [true, false]) {
  for (const [what, body] of [
    ['bytes', () => Buffer.from('{}')],
    ['a stream', () => Readable.from([Buffer.from('{}')])],
  ] satisfies [string, () => NonNullable<UpstreamRequest['body']>][]) {
    test(`a write of ${what} ${secure ? 'over TLS ' : ''}that the operating system refuses is made on a new connection, once`, async ({
      signal,
    }) => {
      await using server = await serverOf(secure);
      await using pool = openUpstreamPool();
      const patch = async (): Promise<number> => {
        const request = { method: 'PATCH', target: '/x', headers: [], body: body(), signal };
        const response = await pool.request(server.endpoint, request);
        await response.body.toArray();
        return response.status;
      };
      assert.equal(await patch(), 200);
      for (let round = 1; round <= 5; round++) {
        // Until the next turn of the loop nobody hears of it.
        server.accepted.at(-1)?.resetAndDestroy();
        assert.equal(await patch(), 200);
        assert.equal(server.accepted.length, round + 1);
        assert.deepEqual(server.requests, Array(round + 1).fill('PATCH'));
      }
    });
  }
}
