import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import type { TestCertificate } from '../../../test/certificate.ts';
import { testCertificate } from '../../../test/certificate.ts';
import { openUpstreamPool } from './pool.ts';
import type { UpstreamEndpoint, UpstreamPool } from './upstream.ts';
import { UpstreamError } from './upstream.ts';

interface TlsServer extends AsyncDisposable {
  port: number;
  certificate: TestCertificate;
  accepted: TLSSocket[];
}

/** Answers every head with 200, and closes after the answer when it is asked for /last. */
async function tlsServer(): Promise<TlsServer> {
  const certificate = testCertificate(['api.internal']);
  const accepted: TLSSocket[] = [];
  const server = createServer({ ...certificate, requestCert: true, rejectUnauthorized: false }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      if (chunk.includes('/last')) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    certificate,
    accepted,
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function get(pool: UpstreamPool, endpoint: UpstreamEndpoint, target = '/'): Promise<string> {
  const request = { method: 'GET', target, headers: [], signal: new AbortController().signal };
  return text((await pool.request(endpoint, request)).body);
}

test('a port without TLS is told in words that a person can use', async () => {
  const server = createPlainServer((socket) => {
    socket.on('error', () => {});
    socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using pool = openUpstreamPool();
  const endpoint = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: {} };
  await assert.rejects(get(pool, endpoint), {
    message: `cannot connect to 127.0.0.1:${endpoint.port}: the TLS handshake failed (wrong version number): the port seems not to speak TLS`,
  });
  server.close();
  await once(server, 'close');
});

test('the certificate is checked, for the address or for the name that is given', async () => {
  await using server = await tlsServer();
  await using pool = openUpstreamPool();
  const { ca } = server.certificate;
  const to = (tls: UpstreamEndpoint['tls'] & object): UpstreamEndpoint => ({
    host: '127.0.0.1',
    port: server.port,
    tls,
  });
  assert.equal(await get(pool, to({ ca })), 'ok');
  assert.equal(await get(pool, to({ ca, serverName: 'api.internal' })), 'ok');
  assert.equal(server.accepted[1]?.servername, 'api.internal');
  assert.equal(await get(pool, to({ insecureSkipVerify: true })), 'ok');
  const refused: [string, UpstreamEndpoint, RegExp][] = [
    ['an unknown authority', to({}), /certificate/],
    ['another authority', to({ ca: testCertificate().ca }), /certificate/],
    ['another name', to({ ca, serverName: 'other.internal' }), /other\.internal|altnames/],
    ['another address', to({ ca, serverName: '127.0.0.2' }), /127\.0\.0\.2|altnames/],
  ];
  for (const [name, endpoint, message] of refused) {
    await assert.rejects(
      get(pool, endpoint),
      (error: UpstreamError) => message.test(error.message) && !error.sent,
      name,
    );
  }
});

test('of endpoints without a connection, the sessions of the last ones are kept', async () => {
  await using server = await tlsServer();
  await using pool = openUpstreamPool();
  const endpoint = (name: string): UpstreamEndpoint => ({
    host: '127.0.0.1',
    port: server.port,
    tls: { insecureSkipVerify: true, serverName: `${name}.internal` },
  });
  const resumes = async (name: string): Promise<boolean | undefined> => {
    await get(pool, endpoint(name), '/last');
    while (pool.connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
    return server.accepted.at(-1)?.isSessionReused();
  };
  await resumes('first');
  assert.equal(await resumes('first'), true);
  for (let i = 0; i < 64; i++) await resumes(`other-${i}`);
  assert.equal(await resumes('first'), false);
  assert.equal(await resumes('other-63'), true);
});

test('connections are not shared between users or trust settings, and sessions are resumed within one', async () => {
  await using server = await tlsServer();
  await using pool = openUpstreamPool();
  const { ca, cert, key } = server.certificate;
  const base = { host: '127.0.0.1', port: server.port };
  const endpoints: UpstreamEndpoint[] = [
    { ...base, tls: { ca } },
    { ...base, tls: { ca, serverName: 'api.internal' } },
    { ...base, tls: { ca, insecureSkipVerify: true } },
    { ...base, tls: { ca, cert, key } },
  ];
  for (let round = 0; round < 2; round++) for (const endpoint of endpoints) await get(pool, endpoint);
  assert.equal(server.accepted.length, endpoints.length);
  assert.deepEqual(
    server.accepted.map((socket) => Object.keys(socket.getPeerCertificate()).length > 0),
    [false, false, false, true],
  );
  const [first] = endpoints;
  assert.ok(first !== undefined);
  await get(pool, { ...first }, '/last');
  const ended = server.accepted[0];
  if (ended?.closed === false) await once(ended, 'close');
  await get(pool, first);
  assert.equal(server.accepted[4]?.isSessionReused(), true);
});

test('a server that never answers the handshake is given up', async () => {
  await using server = await tlsServer();
  await using pool = openUpstreamPool({ connectTimeoutMs: 50 });
  const silent: UpstreamEndpoint = {
    host: 'silent',
    port: 1,
    dial: { key: 'silent', open: () => new Promise(() => {}) },
  };
  await assert.rejects(
    get(pool, silent),
    (error: Error) => error instanceof UpstreamError && /no answer within 0\.05 s/.test(error.message),
  );
  assert.equal(await get(pool, { host: '127.0.0.1', port: server.port, tls: { insecureSkipVerify: true } }), 'ok');
});

test('half-close works over TLS, both ways round', async () => {
  const { ca, cert, key } = testCertificate();
  const server = createServer({ cert, key, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    let received = '';
    socket.once('data', (head) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      if (head.includes('/server-first')) socket.end('all from the server');
      socket.on('data', (chunk) => {
        received += chunk;
      });
      socket.on('end', () => {
        if (socket.writable) socket.end(`got ${received}`);
        else told.resolve(received);
      });
    });
  });
  const told = Promise.withResolvers<string>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using pool = openUpstreamPool();
  const endpoint = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: { ca } };
  const upgrade = async (target: string): Promise<Duplex> => {
    const headers = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'x'],
    ] as const;
    const result = await pool.upgrade(endpoint, {
      method: 'GET',
      target,
      headers,
      signal: new AbortController().signal,
    });
    assert.ok(result.upgraded);
    return result.stream;
  };
  const clientFirst = await upgrade('/client-first');
  clientFirst.end('request');
  assert.equal(await text(clientFirst), 'got request');
  const serverFirst = await upgrade('/server-first');
  // Not by text(): reading to the end that way destroys a stream.
  const ended = once(serverFirst.setEncoding('utf8').resume(), 'end');
  assert.equal((await once(serverFirst, 'data'))[0], 'all from the server');
  await ended;
  serverFirst.end('late');
  assert.equal(await told.promise, 'late');
  server.close();
  await once(server, 'close');
});
