import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { isReason } from '../api/status.ts';
import { readBody } from './request-body.ts';

/** Serves one request whose client sends all of it and leaves at once. */
async function abandoned(use: (request: IncomingMessage) => Promise<void>): Promise<void> {
  await using server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked = once(server, 'request');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.end('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
  const [request] = (await asked) as [IncomingMessage];
  client.destroy();
  await use(request);
}

test('a body whose client left before it was read is refused, not awaited for ever', async () => {
  await abandoned(async (request) => {
    request.destroy();
    await once(request, 'close');
    await assert.rejects(readBody(request), (error) => isReason(error, 'BadRequest'));
  });
});

test('a client that leaves while its body is read ends the reading', async () => {
  await abandoned(async (request) => {
    const reading = readBody(request);
    request.destroy();
    await assert.rejects(reading, (error) => isReason(error, 'BadRequest'));
  });
});
