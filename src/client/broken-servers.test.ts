import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { testCertificate } from '../../test/certificate.ts';
import { StatusError } from '../api/status.ts';
import type { ClientConfig } from './client-config.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { ConnectionError } from './connection-error.ts';

const open: Server[] = [];
after(() => Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve)))));

async function listen(server: Server): Promise<number> {
  open.push(server);
  server.on('connection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const hour = 3_600_000;
const token = 'a-token-that-nobody-may-see';

/** What asking a server for a Pod comes to. */
async function failureOf(config: Omit<ClientConfig, 'namespace' | 'token'>): Promise<Error> {
  await using client = openClusterClient({ ...config, token, namespace: 'default' });
  try {
    await client.resource('v1', 'pods').get('web');
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.doesNotMatch(`${error.message}\n${error.stack}`, new RegExp(token));
    return error;
  }
  return assert.fail('an answer came');
}

const good = testCertificate();
const late = testCertificate(['localhost'], { from: -2 * hour, until: -hour });
const early = testCertificate(['localhost'], { from: hour, until: 2 * hour });
const elsewhere = testCertificate(['elsewhere.example']);

for (const [what, made, ca, message] of [
  ['has expired', late, late.ca, /not valid at this time\. Check the clock, or renew the certificate/],
  ['is not valid yet', early, early.ca, /not valid at this time/],
  [
    'is of another authority',
    good,
    late.ca,
    /not signed by the certificate authority of this configuration\. Is it the right cluster\?/,
  ],
  ['is for another name', elsewhere, elsewhere.ca, /is for other names.*tls-server-name/],
] as const) {
  test(`a server whose certificate ${what} is told nothing, and it is said what to do`, async () => {
    let heard = 0;
    const server = createTlsServer({ cert: made.cert, key: made.key }, (socket) => {
      socket.on('data', (chunk) => (heard += chunk.length)).on('error', () => {});
    });
    const port = await listen(server);
    const error = await failureOf({ server: `https://localhost:${port}`, tls: { ca } });
    assert.ok(error instanceof ConnectionError, error.message);
    assert.match(error.message, message);
    assert.equal(error.sent, false);
    assert.equal(heard, 0);
  });
}

test('where nothing listens, the server is named', async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  open.pop();
  const error = await failureOf({ server: `http://127.0.0.1:${port}` });
  assert.ok(error instanceof ConnectionError);
  assert.match(error.message, new RegExp(`http://127.0.0.1:${port}: nothing listens there`));
});

test('a server without TLS where TLS is expected is one sentence', async () => {
  const port = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  const error = await failureOf({ server: `https://127.0.0.1:${port}`, tls: { ca: good.ca } });
  assert.ok(error instanceof ConnectionError);
  assert.match(error.message, new RegExp(`^Cannot talk to the API server https://127.0.0.1:${port}: [^\n]+\\.$`));
});

test('a server that never answers is given up when the time limit of requests is over', async () => {
  const port = await listen(createServer((socket) => socket.resume()));
  const error = await failureOf({ server: `http://127.0.0.1:${port}`, requestTimeoutMs: 100 });
  assert.ok(error instanceof StatusError);
  assert.equal(error.reason, 'Timeout');
  assert.match(error.message, /did not answer within 0\.1 s/);
});

for (const [what, bytes] of Object.entries({
  'something that is no HTTP': 'SSH-2.0-OpenSSH_9.2\r\n',
  'a chunk that lies about its length': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n',
  'half an answer': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"kind":',
})) {
  test(`a server that sends ${what} is one sentence, and no hang`, async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.end(bytes))));
    const error = await failureOf({ server: `http://127.0.0.1:${port}` });
    assert.ok(error instanceof ConnectionError, error.message);
    assert.match(error.message, /^Cannot talk to the API server [^\n]+\.$/);
    assert.equal(error.sent, true);
    await using client = openClusterClient({ server: `http://127.0.0.1:${port}`, namespace: 'default' });
    const read = async () => (await client.request({ method: 'GET', path: '/' })).body.toArray();
    await assert.rejects(read, { name: 'ConnectionError', message: error.message });
  });
}
