import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { drained } from './answer.ts';
import { openTestServer } from './testing-server.ts';
import { formatWarnings } from './warning.ts';

test('a client that reads nothing is given up, one that reads again is not', { timeout: 10_000 }, async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, response] = await once(server, 'request');
    // more than the buffers between two sockets hold
    response.write(Buffer.alloc(64 << 20));
    assert.equal(await drained(response, 30), false);
    const waiting = drained(response, 8000);
    client.resume();
    assert.equal(await waiting, true);
    const closed = once(response, 'close');
    client.destroy();
    await closed;
    assert.equal(await drained(response, 8000), false);
  } finally {
    client.destroy();
    server.close();
  }
});

test('warnings are quoted, cleaned of what no header may hold, and bounded', () => {
  assert.deepEqual(formatWarnings(['unknown field "a\\b"\r\nX: y']), ['299 - "unknown field \\"a\\\\b\\"X: y"']);
  assert.ok((formatWarnings(['x'.repeat(5000)])[0] ?? '').length < 300);
  assert.ok(formatWarnings(Array.from({ length: 200 }, () => 'x'.repeat(200))).length <= 20);
});

test('HEAD has the head of GET and no body', async () => {
  await using server = await openTestServer();
  const path = '/apis/test.example/v1/namespaces/a/widgets';
  const got = await server.call(path);
  const head = await server.call(path, { method: 'HEAD' });
  assert.deepEqual(
    [head.status, head.text, head.headers['content-length'], head.headers['content-type']],
    [200, '', got.headers['content-length'], got.headers['content-type']],
  );
});
