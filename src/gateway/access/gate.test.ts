import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Answer, GatewayFixture } from '../../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../../test/gateway-fixture.ts';
import { RawClient } from '../../../test/raw-sockets.ts';
import { FirstUseLink } from './first-use-link.ts';
import { Password } from './password.ts';

const word = 'correct horse';
const basic = `Basic ${Buffer.from(`joe:${word}`).toString('base64')}`;
const wrong = `Basic ${Buffer.from('joe:guess').toString('base64')}`;
const html = { Accept: 'text/html' };
const app = 'web.shop.localhost';

interface Stage extends AsyncDisposable {
  gateway: GatewayFixture;
  /** The headers that reached the application. */
  reached: IncomingHttpHeaders[];
  links: string[];
}

async function openStage(by: 'password' | 'link' = 'password'): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const reached: IncomingHttpHeaders[] = [];
  const server = createServer(({ headers }, response) => {
    reached.push(headers);
    response.setHeader('Set-Cookie', ['own=1', 'fairlead-session-1=evil', '__Host-fairlead-session=evil; Secure']);
    response.end('hello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  parts.defer(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const links: string[] = [];
  const link = by === 'link' ? new FirstUseLink((path) => links.push(path)) : undefined;
  const password = by === 'password' ? new Password(word) : undefined;
  const gateway = parts.use(await openGatewayFixture({ access: { password, link } }));
  link?.renew();
  const { port } = server.address() as AddressInfo;
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-0', ports: { 80: port } }]);
  const running = parts.move();
  return { gateway, reached, links, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function cookieOf({ headers }: Answer): string {
  const [line = ''] = headers['set-cookie'] ?? [];
  return line.split(';')[0] ?? '';
}

async function signIn({ gateway }: Stage, next = '/', password = word): Promise<Answer> {
  const body = new URLSearchParams({ next, password }).toString();
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': String(body.length),
    Origin: `http://localhost:${gateway.port}`,
  };
  return gateway.ask('/.fairlead/access/login', { method: 'POST', headers, body });
}

function asked({ gateway }: Stage): number {
  return gateway.cluster.requests.filter(({ headers }) => headers['user-agent'] !== 'fairlead').length;
}

test('without a password nothing of the API, the page or an application is told', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  for (const [host, path] of [
    ['localhost', '/api'],
    ['localhost', '/'],
    ['127.0.0.1', '/.fairlead/gateway'],
    ['localhost', '/.fairlead/metrics'],
    ['localhost', '/proxy.pac'],
    ['localhost', '/api/v1/namespaces/shop/services/web/proxy/'],
    [app, '/'],
    ['none.shop.localhost', '/'],
  ] as const) {
    for (const headers of [{}, { Authorization: wrong }, { Authorization: 'Bearer theirs' }, { Cookie: 'a=b' }]) {
      const answer = await gateway.ask(path, { host, headers });
      assert.ok(answer.status === 401 || answer.status === 429, `${host}${path} ${answer.status}`);
      assert.doesNotMatch(answer.body, /hello|namespaces/);
    }
  }
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
  assert.equal((await gateway.ask('/', { host: app, headers: upgrade })).status, 401);
  assert.equal(asked(stage), 0);
  assert.equal(stage.reached.length, 0);
});

test('programs bring the password in Basic authentication, which goes no further', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const api = JSON.parse((await gateway.ask('/api', { headers: { Authorization: basic } })).body);
  assert.equal(api.headers.authorization, 'Bearer ours');
  const own = { 'Proxy-Authorization': basic, Authorization: 'Bearer theirs' };
  assert.equal(JSON.parse((await gateway.ask('/api', { headers: own })).body).headers.authorization, 'Bearer theirs');
  assert.equal((await gateway.ask('/', { host: app, headers: { Authorization: basic } })).body, 'hello');
  assert.equal((await gateway.ask('/', { host: app, headers: own })).body, 'hello');
  assert.deepEqual(
    stage.reached.map(({ authorization, 'proxy-authorization': proxy }) => [authorization, proxy]),
    [
      [undefined, undefined],
      ['Bearer theirs', undefined],
    ],
  );
  const refused = await gateway.ask('/api');
  assert.match(String(refused.headers['www-authenticate']), /^Basic realm="fairlead"/);
  const fetched = await gateway.ask('/api', { headers: { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-origin' } });
  assert.equal(fetched.headers['www-authenticate'], undefined, 'a browser would ask in a window of its own');
});

test('a browser signs in at the page and is led back', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const away = await gateway.ask('/some/page?x=1', { headers: html });
  assert.equal(away.status, 303);
  assert.equal(away.headers.location, '/.fairlead/access/login?next=%2Fsome%2Fpage%3Fx%3D1');
  const page = await gateway.ask(String(away.headers.location), { headers: html });
  assert.match(page.body, /<form method="post"[\s\S]*name="next" value="\/some\/page\?x=1"[\s\S]*type="password"/);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
  const no = await signIn(stage, '/', 'guess');
  assert.equal(no.status, 403);
  assert.match(no.body, /not the password/);
  assert.equal(no.headers['set-cookie'], undefined);
  const yes = await signIn(stage, '/some/page?x=1');
  assert.equal(yes.headers.location, '/some/page?x=1');
  const [line] = yes.headers['set-cookie'] ?? [];
  assert.match(
    String(line),
    new RegExp(`^fairlead-session-${gateway.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200$`),
  );
  const api = JSON.parse((await gateway.ask('/api', { headers: { Cookie: `a=b; ${cookieOf(yes)}` } })).body);
  assert.equal(api.headers.cookie, undefined);
  assert.equal(api.headers.authorization, 'Bearer ours');
});

test('after signing in nobody is led to another site', async () => {
  await using stage = await openStage();
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '\\evil', 'x', '/a\r\nX: y'])
    assert.equal((await signIn(stage, next)).headers.location, '/', next);
});

test('an application`s host name has a session of its own, by a ticket for one use', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const at = `${app}:${gateway.port}`;
  const away = await gateway.ask('/deep?x=1', { host: app, headers: html });
  const handOver = new URL(String(away.headers.location));
  assert.equal(handOver.host, `localhost:${gateway.port}`);
  const toLogin = await gateway.ask(handOver.pathname + handOver.search, { headers: html });
  assert.match(String(toLogin.headers.location), /^\/\.fairlead\/access\/login\?next=/);
  const next = new URLSearchParams(String(toLogin.headers.location).split('?')[1]).get('next') ?? '';
  const signedIn = await signIn(stage, next);
  const cookie = cookieOf(signedIn);
  const ticket = await gateway.ask(String(signedIn.headers.location), { headers: { ...html, Cookie: cookie } });
  const enter = new URL(String(ticket.headers.location));
  assert.equal(enter.host, at);
  // At another application's name the ticket is nothing, and is used up.
  const ask = (host: string, url: URL): Promise<Answer> => gateway.ask(url.pathname + url.search, { host });
  const again = async (): Promise<URL> =>
    new URL(String((await gateway.ask(next, { headers: { Cookie: cookie } })).headers.location));
  const stolen = await again();
  assert.equal((await ask('evil.shop.localhost', stolen)).headers['set-cookie'], undefined);
  assert.equal((await ask(app, stolen)).headers['set-cookie'], undefined);
  const entered = await ask(app, enter);
  assert.equal(entered.headers.location, '/deep?x=1');
  assert.match(String(entered.headers['set-cookie']), /HttpOnly; SameSite=Lax/);
  assert.equal((await ask(app, enter)).headers['set-cookie'], undefined, 'a ticket is for one use');
  const appCookie = cookieOf(entered);
  const answer = await gateway.ask('/', {
    host: app,
    headers: { Cookie: `x=1; ${appCookie}`, Authorization: 'Basic own' },
  });
  assert.equal(answer.body, 'hello');
  const { cookie: seen, authorization } = stage.reached.at(-1) ?? {};
  assert.deepEqual([seen, authorization], ['x=1', 'Basic own'], 'the session stays here, the application`s own passes');
  assert.deepEqual(answer.headers['set-cookie'], ['own=1'], 'an application cannot set the session');
  // A session is of its host name alone.
  assert.equal((await gateway.ask('/api', { headers: { Cookie: appCookie } })).status, 401);
  assert.equal((await gateway.ask('/', { host: app, headers: { Cookie: cookie } })).status, 401);
  assert.equal((await gateway.ask('/', { host: 'b.shop.localhost', headers: { Cookie: appCookie } })).status, 401);
  // Signing out ends it everywhere.
  const out = await gateway.ask('/.fairlead/access/logout', {
    method: 'POST',
    headers: { Cookie: cookie, Origin: `http://localhost:${gateway.port}` },
  });
  assert.match(String(out.headers['set-cookie']), /=; Path=\/; .*Max-Age=0/);
  assert.equal((await gateway.ask('/api', { headers: { Cookie: cookie } })).status, 401);
  assert.equal((await gateway.ask('/', { host: app, headers: { Cookie: appCookie } })).status, 401);
});

test('tickets lead to applications of this gateway only', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const cookie = cookieOf(await signIn(stage));
  for (const to of [
    'evil.example',
    `localhost:${gateway.port}`,
    `${app}:1`,
    app,
    `${app}:${gateway.port}@evil.example`,
    '',
  ]) {
    const query = new URLSearchParams({ to, path: '/' });
    const answer = await gateway.ask(`/.fairlead/access/hand-over?${query}`, { headers: { Cookie: cookie } });
    assert.equal(answer.status, 400, to);
  }
});

test('other sites can neither sign a browser in nor out', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const cookie = cookieOf(await signIn(stage));
  for (const headers of [
    { Origin: 'https://evil.example' },
    { Origin: `http://${app}:${gateway.port}` },
    { 'Sec-Fetch-Site': 'cross-site' },
  ]) {
    for (const path of ['login', 'logout']) {
      const answer = await gateway.ask(`/.fairlead/access/${path}`, {
        method: 'POST',
        headers: { ...headers, Cookie: cookie },
      });
      assert.equal(answer.status, 403);
    }
  }
  assert.equal((await gateway.ask('/api', { headers: { Cookie: cookie } })).status, 200);
});

test('guessing is slow, and locks nobody out who has signed in or whose password was right before', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const cookie = cookieOf(await signIn(stage));
  const outcomes = await Promise.all(Array.from({ length: 30 }, (_, i) => signIn(stage, '/', `guess number ${i}`)));
  const statuses = outcomes.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 403).length, 10);
  assert.equal(statuses.filter((status) => status === 429).length, 20);
  assert.ok(Number(outcomes.find(({ status }) => status === 429)?.headers['retry-after']) > 0);
  assert.equal((await gateway.ask('/api', { headers: { Authorization: wrong } })).status, 429);
  assert.equal((await gateway.ask('/api', { headers: { Authorization: basic } })).status, 200);
  assert.equal((await gateway.ask('/api', { headers: { Cookie: cookie } })).status, 200);
});

test('proxy clients bring the password to the proxy', async () => {
  await using stage = await openStage();
  const speak = async (bytes: string): Promise<string> => {
    using client = await RawClient.open(stage.gateway.port);
    client.send(bytes);
    await client.end();
    return client.received;
  };
  const connect = (more: string): Promise<string> =>
    speak(`CONNECT web.shop.svc:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`);
  assert.match(await connect(''), /^HTTP\/1\.1 407 [\s\S]*Proxy-Authenticate: Basic/);
  assert.match(await connect(`Authorization: ${basic}\r\n`), /^HTTP\/1\.1 407 /);
  assert.match(await connect(`Proxy-Authorization: ${wrong}\r\n`), /^HTTP\/1\.1 407 /);
  const get = 'GET / HTTP/1.1\r\nHost: web.shop.svc\r\nConnection: close\r\n\r\n';
  using tunnel = await RawClient.open(stage.gateway.port);
  tunnel.send(`CONNECT web.shop.svc:80 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${basic}\r\n\r\n${get}`);
  await tunnel.end();
  assert.match(tunnel.received, /^HTTP\/1\.1 200 Connection established\r\n\r\nHTTP\/1\.1 200 [\s\S]*hello/);
  const absolute = 'GET http://web.shop.svc/ HTTP/1.1\r\nHost: web.shop.svc\r\nConnection: close\r\n';
  assert.match(await speak(`${absolute}\r\n`), /^HTTP\/1\.1 407 /);
  assert.match(await speak(`${absolute}Proxy-Authorization: ${basic}\r\n\r\n`), /^HTTP\/1\.1 200 [\s\S]*hello/);
  assert.equal(stage.reached.at(-1)?.['proxy-authorization'], undefined);

  const target = `\x05\x01\0\x03\x0cweb.shop.svc\0\x50`;
  assert.equal(await speak('\x05\x01\0'), '\x05\xff');
  const password = (text: string): string => `\x01\x03joe${String.fromCharCode(text.length)}${text}`;
  assert.equal(await speak(`\x05\x01\x02${password('guess')}${target}`), '\x05\x02\x01\x01');
  using socks = await RawClient.open(stage.gateway.port);
  socks.send(`\x05\x02\0\x02${password(word)}${target}${get}`);
  await socks.end();
  assert.match(socks.received, /^\x05\x02\x01\0\x05\0\0\x01\0{6}HTTP\/1\.1 200 [\s\S]*hello/);
});

test('a link signs one browser in, once; then there is the next', async () => {
  await using stage = await openStage('link');
  const { gateway, links } = stage;
  assert.equal((await gateway.ask('/api')).status, 401);
  const [first = ''] = links;
  assert.match(first, /^\/\.fairlead\/access\/login\?token=[\w-]{43}$/);
  assert.equal((await gateway.ask(first, { method: 'HEAD' })).headers['set-cookie'], undefined);
  assert.equal((await gateway.ask(first.slice(0, -1))).headers['set-cookie'], undefined);
  const opened = await gateway.ask(first);
  assert.equal(opened.status, 303);
  assert.equal((await gateway.ask('/api', { headers: { Cookie: cookieOf(opened) } })).status, 200);
  assert.equal(links.length, 2);
  const again = await gateway.ask(first);
  assert.equal(again.status, 403);
  assert.match(again.body, /used already/);
  assert.equal((await gateway.ask(links[1] ?? '')).status, 303);
  // There is no password to guess.
  assert.equal((await signIn(stage)).status, 400);
  using socks = await RawClient.open(gateway.port);
  socks.send('\x05\x02\0\x02');
  await socks.end();
  assert.equal(socks.received, '\x05\xff');
});
