import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { GatewayFixture } from '../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { withoutPrefix } from './verb-way.ts';

const web = 'web.shop.localhost';
const prefix = '/api/v1/namespaces/shop/services/web:80/proxy';

/** A service whose pods may not be forwarded to. */
async function openForbidden(port: { name?: string; port: number } = { port: 80 }): Promise<GatewayFixture> {
  const gateway = await openGatewayFixture();
  gateway.cluster.setService('web', [port], [{ name: 'web-1', ports: {} }]);
  gateway.cluster.forbidden.add('portforward');
  return gateway;
}

test('where port-forward is refused the proxy verb leads there, and that is remembered', async () => {
  await using gateway = await openForbidden();
  const answer = await gateway.ask('/a?b=c', {
    host: web,
    method: 'POST',
    body: 'content',
    headers: { Authorization: 'Basic own', Cookie: 'x=1', 'Accept-Encoding': 'gzip', 'Impersonate-User': 'root' },
  });
  assert.equal(answer.status, 200);
  const { url, method, headers } = JSON.parse(answer.body);
  assert.equal(url, `${prefix}/a?b=c`);
  assert.equal(method, 'POST');
  assert.equal(headers.authorization, 'Bearer ours', "the application's own cannot pass");
  assert.equal(headers['impersonate-user'], undefined);
  assert.equal(headers.host, `${web}:${gateway.port}`);
  assert.equal(headers['x-forwarded-host'], `${web}:${gateway.port}`);
  assert.equal(headers.cookie, 'x=1');
  assert.equal(headers['accept-encoding'], undefined);
  const tries = () => gateway.cluster.requests.filter(({ line }) => line.includes('/portforward')).length;
  const before = tries();
  assert.ok(before > 0);
  assert.equal((await gateway.ask('/', { host: web })).status, 200);
  assert.equal(tries(), before);
});

test('a port with a name and TLS are asked for as the verb names them', async () => {
  for (const [port, segment] of [
    [{ name: 'ui', port: 80 }, 'web:ui'],
    [{ name: 'https', port: 443 }, 'https:web:https'],
    [{ port: 443 }, 'https:web:443'],
  ] as const) {
    await using gateway = await openForbidden(port);
    const { url } = JSON.parse((await gateway.ask('/x', { host: web })).body);
    assert.equal(url, `/api/v1/namespaces/shop/services/${segment}/proxy/x`);
  }
  await using gateway = await openGatewayFixture();
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: { 8080: 1 } }]);
  gateway.cluster.forbidden.add('portforward');
  const { url } = JSON.parse((await gateway.ask('/x', { host: 'web-1.shop.pod.localhost' })).body);
  assert.equal(url, '/api/v1/namespaces/shop/pods/web-1:8080/proxy/x');
});

test('what the verb puts into pages and headers is taken out again', async () => {
  await using gateway = await openForbidden();
  gateway.cluster.onProxied = (request, response) => {
    const chunked = request.url?.endsWith('/chunked') === true;
    const page = `<a href="${prefix}/login">in</a>`.repeat(1000);
    response.writeHead(request.url?.endsWith('/moved') ? 302 : 200, {
      'Content-Type': request.url?.endsWith('/script') ? 'text/javascript' : 'text/html; charset=utf-8',
      'Set-Cookie': [`a=1; Path=${prefix}/; Domain=.localhost`, 'b=2; path=/x'],
      Location: `${prefix}/login?x`,
      ...(!chunked && { 'Content-Length': Buffer.byteLength(page) }),
    });
    response.end(page);
  };
  for (const path of ['/', '/chunked', '/moved']) {
    const page = await gateway.ask(path, { host: web });
    assert.equal(page.body, '<a href="/login">in</a>'.repeat(1000), path);
    assert.equal(page.headers.location, '/login?x');
    assert.deepEqual(page.headers['set-cookie'], ['a=1; Path=/', 'b=2; path=/x']);
  }
  assert.ok(
    (await gateway.ask('/script', { host: web })).body.includes(prefix),
    'only pages are rewritten by the verb',
  );
  const head = await gateway.ask('/', { host: web, method: 'HEAD' });
  assert.equal(head.body, '');
});

test('redirects of the verb come home in every form', () => {
  for (const [location, expected] of [
    [`${prefix}/a`, '/a'],
    [prefix, '/'],
    [`${prefix}?x`, '?x'],
    [`https://api.example.com:6443${prefix}/a?b#c`, '/a?b#c'],
    [`//${prefix}/a`, '/a'],
    [`${prefix}x/a`, `${prefix}x/a`],
    [`${prefix}//other.example/`, '/.//other.example/'],
    [`${prefix}/\\other.example/`, '/./\\other.example/'],
    ['/other', '/other'],
    ['https://example.com/a', 'https://example.com/a'],
    ['relative', 'relative'],
  ] as const) {
    const headers: [string, string][] = [['Location', location]];
    withoutPrefix(headers, prefix);
    assert.equal(headers[0]?.[1], expected, location);
  }
});

test('where both ways are refused both rights are named', async () => {
  await using gateway = await openForbidden();
  gateway.cluster.forbidden.add('proxy');
  const answer = await gateway.ask('/', { host: web });
  assert.equal(answer.status, 403);
  const { message } = JSON.parse(answer.body);
  assert.match(
    message,
    /cannot get resource "services\/proxy"\. The other way is closed too: no port-forward for you\. .*pods\/portforward/,
  );
});

test("an application's own 403 passes as it is", async () => {
  await using gateway = await openForbidden();
  const body = JSON.stringify({ error: 'not yours' });
  gateway.cluster.onProxied = (_, response) => {
    response.writeHead(403, { 'Content-Type': 'application/json' }).end(body);
  };
  assert.equal((await gateway.ask('/', { host: web })).body, body);
});

test('a pod that does not answer is no reason for the other way', async () => {
  const app = createServer((_, response) => response.end('app'));
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  await using gateway = await openGatewayFixture();
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: {} }]);
  assert.equal((await gateway.ask('/', { host: web })).status, 502);
  gateway.cluster.setService(
    'web',
    [{ port: 80 }],
    [{ name: 'web-1', ports: { 80: (app.address() as AddressInfo).port } }],
  );
  assert.equal((await gateway.ask('/', { host: web })).body, 'app');
  app.closeAllConnections();
  app.close();
});

test('no path of an application leads out of the verb, however its dots are written', async () => {
  await using gateway = await openForbidden();
  const asked = () => gateway.cluster.requests.filter(({ line }) => line.includes('secrets')).length;
  for (const up of [
    '/..',
    '/%2e%2E',
    '/.%2e',
    '/..%2f..',
    '/x%2F..',
    '/..;',
    '/..%3bx=1',
    '/..%5c',
    '/%252e%252e',
    '/.',
  ]) {
    const answer = await gateway.ask(`${up.repeat(6)}/secrets`, { host: web });
    assert.equal(answer.status, 400, up);
  }
  assert.equal(asked(), 0);
  for (const path of ['/...', '/a..b/.x', '/group%2Fproject', '/x?to=../y', '/%2e%2ehidden']) {
    const { url } = JSON.parse((await gateway.ask(path, { host: web })).body);
    assert.equal(url, `${prefix}${path}`);
  }
});
