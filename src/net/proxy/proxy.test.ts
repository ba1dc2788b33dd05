import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { testCertificate } from '../../../test/certificate.ts';
import { connectProxy, listening, socksProxy } from '../../../test/proxy-servers.ts';
import { openUpstreamPool } from '../http1/pool.ts';
import type { UpstreamEndpoint, UpstreamPool } from '../http1/upstream.ts';
import { UpstreamError } from '../http1/upstream.ts';
import type { UpstreamProxy } from './upstream-proxy.ts';
import { ProxyError, parseProxyUrl } from './upstream-proxy.ts';

/** A server of the API: says which path was asked for. */
const api = () => listening(createHttpServer((request, response) => response.end(`api ${request.url}`)));

const signal = new AbortController().signal;

async function get(pool: UpstreamPool, endpoint: UpstreamEndpoint, target = '/'): Promise<string> {
  return text((await pool.request(endpoint, { method: 'GET', target, headers: [], signal })).body);
}

test('through an http proxy by CONNECT, with its password; connections are kept and not shared with other proxies', async () => {
  const seen: string[] = [];
  await using upstream = await api();
  await using one = await listening(createServer(connectProxy(upstream.port, seen)));
  await using pool = openUpstreamPool();
  const proxy: UpstreamProxy = { protocol: 'http', host: '127.0.0.1', port: one.port, username: 'jö', password: 'p:w' };
  const endpoint: UpstreamEndpoint = { host: '::1', port: 6443, proxy };
  assert.equal(await get(pool, endpoint, '/a'), 'api /a');
  assert.equal(await get(pool, endpoint, '/b'), 'api /b');
  const credentials = Buffer.from('jö:p:w').toString('base64');
  assert.deepEqual(seen, [
    `CONNECT [::1]:6443 HTTP/1.1\r\nHost: [::1]:6443\r\nUser-Agent: fairlead\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`,
  ]);
  const { username, password, ...anonymous } = proxy;
  assert.equal(await get(pool, { ...endpoint, proxy: anonymous }), 'api /');
  assert.equal(await get(pool, { ...endpoint, proxy: { ...proxy, password: 'other' } }), 'api /');
  assert.equal(seen.length, 3);
  assert.doesNotMatch(seen[1] ?? '', /Proxy-Authorization/);
});

test('TLS to an https proxy, and TLS of the upstream inside of it', async () => {
  const certificate = testCertificate(['api.internal']);
  const seen: string[] = [];
  const peers: boolean[] = [];
  await using upstream = await listening(
    createTlsServer(certificate, (socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ninner'));
    }),
  );
  const answer = connectProxy(upstream.port, seen);
  await using outer = await listening(
    createTlsServer({ ...certificate, requestCert: true, rejectUnauthorized: false }, (socket) => {
      socket.on('error', () => {});
      peers.push(Object.keys(socket.getPeerCertificate()).length > 0);
      answer(socket);
    }),
  );
  await using pool = openUpstreamPool();
  const proxy: UpstreamProxy = { protocol: 'https', host: '127.0.0.1', port: outer.port };
  const { ca, cert, key } = certificate;
  assert.equal(await get(pool, { host: 'api.internal', port: 443, tls: { ca, cert, key }, proxy }), 'inner');
  assert.match(seen[0] ?? '', /^CONNECT api\.internal:443 /);
  assert.deepEqual(peers, [false]);
  await assert.rejects(get(pool, { host: 'api.internal', port: 443, proxy }), /through the proxy https:.*certificate/);
});

test('connections through an https proxy share what its TLS has learnt, whatever became of them', async () => {
  const certificate = testCertificate();
  await using upstream = await api();
  const answer = connectProxy(upstream.port, []);
  const resumed: boolean[] = [];
  await using outer = await listening(
    createTlsServer(certificate, (socket) => {
      socket.on('error', () => {});
      resumed.push(socket.isSessionReused());
      answer(socket);
    }),
  );
  await using pool = openUpstreamPool();
  const proxy: UpstreamProxy = { protocol: 'https', host: '127.0.0.1', port: outer.port };
  for (const tls of [{ ca: certificate.ca }, { insecureSkipVerify: true }]) {
    for (let round = 0; round < 2; round++) {
      await assert.rejects(get(pool, { host: 'api.internal', port: 443, proxy, tls }), /seems not to speak TLS/);
    }
  }
  assert.deepEqual(resumed, [false, true, false, true]);
});

test('through SOCKS 5: names are left to the proxy, addresses passed as they are, passwords sent when asked for', async () => {
  const seen: string[] = [];
  await using upstream = await api();
  await using open = await listening(createServer((socket) => void socksProxy(upstream.port, seen, undefined)(socket)));
  await using closed = await listening(
    createServer((socket) => void socksProxy(upstream.port, seen, 's3cret')(socket)),
  );
  await using pool = openUpstreamPool();
  const plain: UpstreamProxy = { protocol: 'socks5', host: '127.0.0.1', port: open.port };
  assert.equal(await get(pool, { host: 'api.internal', port: 6443, proxy: plain }), 'api /');
  assert.equal(await get(pool, { host: '10.0.0.1', port: 80, proxy: plain }), 'api /');
  assert.equal(await get(pool, { host: '2001:db8::5:1', port: 80, proxy: plain }), 'api /');
  assert.deepEqual(seen.splice(0), [
    '050100',
    `050100030c${Buffer.from('api.internal').toString('hex')}192b`,
    '050100',
    '050100010a0000010050',
    '050100',
    '0501000420010db80000000000000000000500010050',
  ]);
  const known: UpstreamProxy = {
    protocol: 'socks5h',
    host: '127.0.0.1',
    port: closed.port,
    username: 'joe',
    password: 's3cret',
  };
  assert.equal(await get(pool, { host: 'a', port: 80, proxy: known }), 'api /');
  assert.deepEqual(seen.slice(0, 2), ['05020002', '\x01\x03joe\x06s3cret']);
});

test('a proxy that refuses, fails or lies is named, without the password', async () => {
  const none: string[] = [];
  const proxies: [protocol: UpstreamProxy['protocol'], serve: (socket: Socket) => void, RegExp][] = [
    ['http', connectProxy(0, none, 'HTTP/1.1 407 No\r\n\r\n'), /refuses the user name and password/],
    ['http', connectProxy(0, none, 'HTTP/1.1 403 No\r\n\r\n'), /answered 403/],
    ['http', connectProxy(0, none, 'SSH-2.0-x\r\n\r\n'), /through the proxy http:/],
    ['http', (socket) => socket.end(), /closed the connection/],
    ['http', connectProxy(0, none, `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`), /through the proxy http:/],
    ['socks5', (socket) => socket.write('HTTP/1.1 400 Bad\r\n\r\n'), /does not speak SOCKS 5/],
    ['socks5', (socket) => socket.write(Buffer.from([5, 255])), /wants another kind of authentication/],
    ['socks5', (socket) => void socksProxy(0, none, 'other')(socket), /refuses the user name and password/],
    ['socks5', (socket) => void socksProxy(0, none, undefined, 2)(socket), /does not allow this connection/],
    ['socks5', (socket) => void socksProxy(0, none, undefined, 99)(socket), /unknown code 99/],
  ];
  await using pool = openUpstreamPool();
  for (const [protocol, serve, expected] of proxies) {
    await using server = await listening(createServer(serve));
    const proxy: UpstreamProxy = { protocol, host: '127.0.0.1', port: server.port, username: 'u', password: 's3cret' };
    await assert.rejects(get(pool, { host: 'api', port: 443, proxy }), (error) => {
      assert.ok(error instanceof UpstreamError && !error.sent, String(error));
      assert.match(error.message, expected);
      assert.match(error.message, new RegExp(`api:443 through the proxy ${protocol}://127`));
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  }
});

test('a proxy that says nothing is given up in time, and named', async () => {
  await using silent = await listening(createServer(() => {}));
  for (const [protocol, limits] of [
    ['http', { tunnelTimeoutMs: 60 }],
    ['socks5', { tunnelTimeoutMs: 60 }],
    ['https', { connectTimeoutMs: 60 }],
  ] as const) {
    await using pool = openUpstreamPool(limits);
    const proxy = { protocol, host: '127.0.0.1', port: silent.port };
    await assert.rejects(get(pool, { host: 'api', port: 443, proxy }), (error) => {
      assert.ok(error instanceof UpstreamError && error.connect === 'silent', String(error));
      assert.match(error.message, new RegExp(`through the proxy ${protocol}://.*: no answer within 0\\.06 s$`));
      assert.ok(error.cause instanceof ProxyError);
      return true;
    });
  }
});

test('a server that says nothing is not the fault of the proxy before it', async () => {
  await using silent = await listening(createServer(() => {}));
  const { port } = silent;
  const ways = [
    ['http', connectProxy(port, [])],
    ['socks5', (socket: Socket) => void socksProxy(port, [], undefined)(socket)],
  ] as const;
  for (const [protocol, serve] of ways) {
    await using server = await listening(createServer(serve));
    await using pool = openUpstreamPool({ connectTimeoutMs: 500 });
    const proxy = { protocol, host: '127.0.0.1', port: server.port };
    await assert.rejects(get(pool, { host: 'api', port: 443, tls: {}, proxy }), (error) => {
      assert.ok(error instanceof UpstreamError && error.connect === 'silent', String(error));
      assert.match(error.message, new RegExp(`through the proxy ${protocol}://.*: no answer from the server within 0`));
      assert.equal(error.cause, undefined);
      return true;
    });
  }
});

test('a proxy may take longer for its tunnel than a server for its handshake', async () => {
  await using upstream = await api();
  const joined = connectProxy(upstream.port, []);
  await using slow = await listening(createServer((socket) => void setTimeout(() => joined(socket), 2500)));
  await using pool = openUpstreamPool({ connectTimeoutMs: 2000 });
  const proxy: UpstreamProxy = { protocol: 'http', host: '127.0.0.1', port: slow.port };
  assert.equal(await get(pool, { host: 'api', port: 80, proxy }), 'api /');
});

test('nor is anybody slow where this process itself was held up', async () => {
  await using upstream = await api();
  const joined = connectProxy(upstream.port, []);
  await using one = await listening(
    createServer((socket) => {
      joined(socket);
      socket.once('data', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500));
    }),
  );
  await using pool = openUpstreamPool({ connectTimeoutMs: 400, tunnelTimeoutMs: 400 });
  const proxy: UpstreamProxy = { protocol: 'http', host: '127.0.0.1', port: one.port };
  assert.equal(await get(pool, { host: 'api', port: 80, proxy }), 'api /');
});

test('an https proxy whose certificate is not accepted is told in words for a user', async () => {
  const { ca, ...serving } = testCertificate(['proxy.internal']);
  await using outer = await listening(createTlsServer(serving, (socket) => socket.on('error', () => {}).resume()));
  await using pool = openUpstreamPool();
  const failure = async (host: string, tls?: UpstreamEndpoint['tls']): Promise<string> => {
    const proxy: UpstreamProxy = { protocol: 'https', host, port: outer.port };
    const endpoint = { host: 'api', port: 443, proxy, ...(tls && { tls }) };
    return get(pool, endpoint).catch((error: unknown) => String(error));
  };
  const untrusted = await failure('127.0.0.1');
  assert.match(untrusted, /: the proxy's certificate is signed neither by .* nor by that of the cluster$/);
  assert.match(await failure('localhost', { ca }), /: the proxy's certificate is for other names than localhost$/);
});

test('URLs of proxies', () => {
  assert.deepEqual(parseProxyUrl('http://proxy'), { protocol: 'http', host: 'proxy', port: 80 });
  assert.deepEqual(parseProxyUrl('socks5://u%40x:p%3Aw@[::1]:1081'), {
    protocol: 'socks5',
    host: '::1',
    port: 1081,
    username: 'u@x',
    password: 'p:w',
  });
  for (const wrong of ['', 'proxy:3128', 'ftp://x', 'socks4://x', 'http://', 'http://%zz@x', 'constructor://x'])
    assert.equal(parseProxyUrl(wrong), undefined, wrong);
});
