import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { testCertificate } from '../../test/certificate.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { RawClient } from '../../test/raw-sockets.ts';

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
}

const echo = (body: string): Echo => JSON.parse(body);

test('the API is asked with our credentials, or with those that the client brings', async () => {
  await using gateway = await openGatewayFixture();
  const ours = echo((await gateway.ask('/api?x=1')).body);
  assert.equal(ours.url, '/api?x=1');
  assert.equal(ours.headers.authorization, 'Bearer ours');
  assert.equal(ours.headers.host, new URL(gateway.cluster.server).host);
  const theirs = echo((await gateway.ask('/api', { headers: { Authorization: 'Bearer theirs' } })).body);
  assert.equal(theirs.headers.authorization, 'Bearer theirs');
  const posted = await gateway.ask('/apis/g/v1/things', { method: 'POST', body: '{}', host: '127.0.0.1' });
  assert.equal(echo(posted.body).method, 'POST');
  assert.equal((await gateway.ask('/api', { host: '[::1]' })).status, 200);
});

test('credentials that the server refuses are replaced for the requests that follow; a client may act as another', async () => {
  const server = createPlainServer(({ headers }, response) => {
    response.writeHead(headers.authorization === 'Bearer two' ? 200 : 401).end(JSON.stringify(headers));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let held = { authorization: 'Bearer one' };
  const renewed = Promise.withResolvers<void>();
  const credentials = {
    current: async () => held,
    renew: async (refused: object) => {
      assert.equal(refused, held);
      held = { authorization: 'Bearer two' };
      renewed.resolve();
      return true;
    },
  };
  try {
    await using gateway = await openGatewayFixture({
      config: { server: `http://127.0.0.1:${port}`, credentials, impersonate: { user: 'jane', groups: ['g'] } },
    });
    assert.equal((await gateway.ask('/api')).status, 401);
    await renewed.promise;
    const seen = JSON.parse((await gateway.ask('/api')).body);
    assert.deepEqual(
      [seen.authorization, seen['impersonate-user'], seen['impersonate-group']],
      ['Bearer two', 'jane', 'g'],
    );
    const other = JSON.parse((await gateway.ask('/api', { headers: { 'Impersonate-User': 'joe' } })).body);
    assert.deepEqual(
      [other.authorization, other['impersonate-user'], other['impersonate-group']],
      ['Bearer two', 'joe', undefined],
    );
    const nobody = JSON.parse((await gateway.ask('/api', { headers: { 'Impersonate-User': '' } })).body);
    assert.deepEqual([nobody['impersonate-user'], nobody['impersonate-group']], ['jane', 'g'], 'an empty name is none');
    const groups = JSON.parse((await gateway.ask('/api', { headers: { 'Impersonate-Group': 'system:masters' } })).body);
    assert.deepEqual(
      [groups['impersonate-user'], groups['impersonate-group']],
      [undefined, 'system:masters'],
      'whom two say is not mixed: the server refuses a group without a user',
    );
    const own = JSON.parse((await gateway.ask('/api', { headers: { Authorization: 'Bearer theirs' } })).body);
    assert.deepEqual([own.authorization, own['impersonate-user']], ['Bearer theirs', undefined]);
    credentials.current = () => Promise.reject(new Error('the command failed'));
    const failed = await gateway.ask('/api');
    assert.equal(failed.status, 502);
    assert.match(failed.body, /the command failed/);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('our client certificate is not shown where the client brings credentials of its own', async () => {
  const { ca, cert, key } = testCertificate();
  const server = createServer(
    { cert, key, requestCert: true, rejectUnauthorized: false },
    ({ socket, headers }, response) => {
      const shown = socket instanceof TLSSocket && Object.keys(socket.getPeerCertificate()).length > 0;
      response.end(JSON.stringify({ shown, authorization: headers.authorization }));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await using gateway = await openGatewayFixture({
      config: { server: `https://127.0.0.1:${port}`, token: '', tls: { ca, cert, key } },
    });
    for (let i = 0; i < 2; i++) {
      assert.equal(JSON.parse((await gateway.ask('/api')).body).shown, true);
      const own = JSON.parse((await gateway.ask('/api', { headers: { Authorization: 'Bearer theirs' } })).body);
      assert.deepEqual(own, { shown: false, authorization: 'Bearer theirs' });
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('a server with a path prefix gets it in front', async () => {
  await using gateway = await openGatewayFixture();
  await using prefixed = await openGatewayFixture({ config: { server: `${gateway.cluster.server}/k8s/c-1/` } });
  assert.equal(echo((await prefixed.ask('/api?watch=1')).body).url, '/k8s/c-1/api?watch=1');
});

test('cookies of localhost neither go nor come, and a server cannot open itself to other origins', async () => {
  await using gateway = await openGatewayFixture();
  const answer = await gateway.ask('/api', { headers: { Cookie: 'session=1', Accept: 'x/y' } });
  const { headers } = echo(answer.body);
  assert.equal(headers.cookie, undefined);
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(headers.accept, 'x/y');
});

test('only names of this gateway are answered', async () => {
  await using gateway = await openGatewayFixture();
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'localhost.',
    'xlocalhost',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    'a.localhost',
    '-a.b.localhost',
    '[::2]',
    'localhost:1',
    '',
  ]) {
    const { status } = await gateway.ask('/api', { headers: { Host: host === '' ? 'user@localhost' : `${host}:80` } });
    assert.equal(status, 403, host);
  }
  assert.equal(gateway.cluster.requests.length, 0);
});

test('nothing that would echo our credentials is asked', async () => {
  await using gateway = await openGatewayFixture();
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: {} }]);
  gateway.cluster.forbidden.add('portforward');
  for (const host of ['localhost', 'web.shop.localhost'])
    assert.equal((await gateway.ask('/api', { host, method: 'TRACE' })).status, 405, host);
  assert.equal(gateway.cluster.requests.filter(({ line }) => line.startsWith('TRACE')).length, 0);
});

test('paths that could be read in two ways are refused', async () => {
  await using gateway = await openGatewayFixture();
  for (const path of [
    '//api/v1',
    '/api//v1',
    '/api/./v1',
    '/api/../v1',
    '/api/%2e%2E/v1',
    '/api%2fv1',
    '/api/v1/pods/a%2Fexec',
    '/api\\v1',
    '/api/%5cv1',
    '/api/%zz',
    '/api/%ff',
    '/api/v1/namespaces/n/services/s/proxy/../../x',
    '/api/v1/nodes/n/proxy//exec/ns/p/c',
    '/api/v1/nodes/n/proxy/exec%2Fns/p/c',
    '/api/v1/namespaces/n/services/s/proxy/..%2f..%2fx',
    '/api/v1/namespaces/n/pods/p/exec#',
    '/api/%00',
  ]) {
    assert.equal((await gateway.ask(path)).status, 400, path);
  }
  assert.equal(gateway.cluster.requests.length, 0);
  // Behind /proxy/ the path is the application's own.
  const { url } = echo((await gateway.ask('/api/v1/namespaces/n/services/s/proxy/a//b%2Fc')).body);
  assert.equal(url, '/api/v1/namespaces/n/services/s/proxy/a//b%2Fc');
});

test('what leads into containers is not passed on; objects that are only called so are', async () => {
  await using gateway = await openGatewayFixture();
  for (const path of [
    '/api/v1/namespaces/n/pods/p/exec?command=sh',
    '/api/v1/namespaces/n/pods/p/attach',
    '/api/v1/namespaces/n/pods/p/%65xec',
    '/api/v1/nodes/n/proxy/run/ns/p/c',
    '/api/v1/nodes/n/proxy/exec/ns/p/c',
    '/api/v1/nodes/n/proxy/%65xec/ns/p/c',
  ]) {
    const answer = await gateway.ask(path);
    assert.equal(answer.status, 403, path);
    assert.match(answer.body, /kubectl/);
  }
  for (const path of [
    '/api/v1/namespaces/exec/pods/attach',
    '/api/v1/namespaces/n/configmaps/exec',
    '/api/v1/namespaces/n/pods/p/log',
  ]) {
    assert.notEqual((await gateway.ask(path)).status, 403, path);
  }
});

test("pages of other origins cannot use the API's origin", async () => {
  await using gateway = await openGatewayFixture();
  const own = `http://localhost:${gateway.port}`;
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
  const refused: [string, string, Record<string, string>][] = [
    ['POST', 'another site', { Origin: 'https://evil.example' }],
    ['POST', 'an app of this cluster', { Origin: `http://a.ns.localhost:${gateway.port}` }],
    ['POST', 'a sandboxed page', { Origin: 'null' }],
    ['POST', 'another port', { Origin: 'http://localhost:1' }],
    ['POST', 'https', { Origin: own.replace('http', 'https') }],
    ['POST', 'a form of another site, no Origin', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' }],
    ['DELETE', 'same site', { 'Sec-Fetch-Site': 'same-site' }],
    ['GET', 'an upgrade of another site', { Origin: 'https://evil.example', ...upgrade }],
    ['GET', 'an upgrade, same site', { 'Sec-Fetch-Site': 'same-site', ...upgrade }],
    ['GET', 'a read by another origin', { Origin: 'https://evil.example' }],
    ['GET', 'an embedded read', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
  ];
  for (const [method, name, headers] of refused) {
    const answer = await gateway.ask('/api/v1/namespaces', { method, headers });
    assert.equal(answer.status, 403, name);
    assert.equal(JSON.parse(answer.body).kind, 'Status', name);
  }
  assert.equal(gateway.cluster.requests.length, 0);
  const allowed: [string, Record<string, string>][] = [
    ['POST', { Origin: own, 'Sec-Fetch-Site': 'same-origin' }],
    ['POST', {}],
    ['GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' }],
    ['GET', { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate' }],
  ];
  for (const [method, headers] of allowed)
    assert.equal((await gateway.ask('/api/v1/namespaces', { method, headers })).status, 200);
});

test("an application's page behind the proxy verb gets no origin that has rights", async () => {
  await using gateway = await openGatewayFixture();
  const path = '/api/v1/namespaces/n/services/s/proxy/app.js';
  const answer = await gateway.ask(path, {
    headers: { Origin: 'null', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' },
  });
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers['content-security-policy']), /^sandbox /);
  assert.doesNotMatch(String(answer.headers['content-security-policy']), /allow-same-origin/);
  assert.equal((await gateway.ask(path, { method: 'POST', headers: { Origin: 'null' } })).status, 403);
  for (const origin of ['https://evil.example', `http://a.ns.localhost:${gateway.port}`])
    assert.equal((await gateway.ask(path, { headers: { Origin: origin } })).status, 403, origin);
  const embedded = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };
  assert.equal((await gateway.ask('/api/v1/nodes/n/proxy/pods', { headers: embedded })).status, 403);
});

test('whatever the API answers that is no JSON gets no origin that has rights', async () => {
  const server = createPlainServer(({ url }, response) => {
    const type = url === '/apis/x/v1/page' ? { 'Content-Type': 'text/html' } : {};
    response.writeHead(200, { ...type, 'Clear-Site-Data': '"*"' }).end('<script>steal()</script>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await using gateway = await openGatewayFixture({ config: { server: `http://127.0.0.1:${port}` } });
    for (const path of ['/apis/x/v1/page', '/apis/x/v1/untyped']) {
      const { headers } = await gateway.ask(path);
      assert.match(String(headers['content-security-policy']), /^sandbox /, path);
      assert.equal(headers['clear-site-data'], undefined);
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('the page has its paths, the API the rest; a slow or failing page harms neither', async () => {
  const page = async (
    { path, headers, origin }: { path: string; headers: ReadonlyMap<string, string>; origin: string },
    response: {
      send(status: number, headers: Record<string, string>, body: string): void;
      stream(status: number, headers: Record<string, string>): { write(chunk: string): boolean; end(): void };
    },
  ): Promise<boolean> => {
    if (path === '/.fairlead/fail') throw new Error('on purpose');
    if (path === '/.fairlead/events') {
      const events = response.stream(200, { 'Content-Type': 'text/event-stream' });
      events.write('data: grüß\n\n');
      events.end();
      return true;
    }
    if (headers.get('accept') !== 'text/html') return false;
    response.send(200, { 'Content-Type': 'text/html' }, `page of ${origin}`);
    return true;
  };
  await using gateway = await openGatewayFixture({ page: () => page });
  const own = `http://localhost:${gateway.port}`;
  assert.equal((await gateway.ask('/', { headers: { Accept: 'text/html' } })).body, `page of ${own}`);
  const head = await gateway.ask('/', { method: 'HEAD', headers: { Accept: 'text/html' } });
  assert.equal(head.headers['content-length'], String(`page of ${own}`.length));
  assert.equal(echo((await gateway.ask('/')).body).url, '/');
  assert.equal(echo((await gateway.ask('/version')).body).url, '/version');
  assert.equal((await gateway.ask('/.fairlead/events')).body, 'data: grüß\n\n');
  assert.equal((await gateway.ask('/.fairlead/fail')).status, 500);
  assert.match(gateway.log.join(), /on purpose/);
});

test('an API server that is gone is a sentence, which says whether a write may have happened', async () => {
  await using gateway = await openGatewayFixture();
  await gateway.cluster[Symbol.asyncDispose]();
  for (const method of ['GET', 'POST']) {
    const answer = await gateway.ask('/api', { method });
    assert.equal(answer.status, 502);
    assert.match(JSON.parse(answer.body).message, /does not answer: .*127\.0\.0\.1:\d+.*Nothing was changed/);
  }
  const html = await gateway.ask('/api', { headers: { Accept: 'text/html' } });
  assert.match(html.headers['content-type'] ?? '', /text\/html/);
  assert.match(html.body, /<h1>The API server does not answer<\/h1>/);
});

test('protocols that are not served here are refused by name', async () => {
  await using gateway = await openGatewayFixture();
  const cases: [string, string, RegExp][] = [
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /speaks HTTP\/1\.1 and SOCKS 5.*SOCKS 5 proxy/],
    ['TLS', '\x16\x03\x01\x02\x00\x01', /^\x15\x03\x01\0\x02\x02\x46$/],
    ['SOCKS4', '\x04\x01\x00\x50', /^\0\x5b/],
    ['https', 'GET https://web.shop.svc/ HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\n\r\n', /400[\s\S]*use CONNECT/],
    ['no host', 'GET * HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\n\r\n', /400[\s\S]*neither a path/],
  ];
  for (const [name, bytes, answer] of cases) {
    using client = await RawClient.open(gateway.port);
    client.send(bytes);
    assert.equal(await client.end(), 'end', name);
    assert.match(client.received, answer, name);
  }
});
