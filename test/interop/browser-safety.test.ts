/** Chromium as the victim: web sites and applications that try to use the gateway through it, and what signing in is worth. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { WebSocketServer } from 'ws';
import { FirstUseLink } from '../../src/gateway/access/first-use-link.ts';
import { Password } from '../../src/gateway/access/password.ts';
import { gatewayNames } from '../../src/gateway/host.ts';
import { tlsOfOwnAuthority } from '../../src/gateway/tls/gateway-tls.ts';
import type { GatewayFixture } from '../gateway-fixture.ts';
import { openGatewayFixture } from '../gateway-fixture.ts';
import { launchBrowser, skipWithoutChromium, visit } from './browser-launch.ts';

const skip = skipWithoutChromium();
const word = 'correct horse';
const domain = 'lead.example.com';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
}

let stage: AsyncDisposableStack;
let browser: Browser;
/** What reached the applications `web` and `other`. */
const seen: Record<'web' | 'other', Seen[]> = { web: [], other: [] };
const ports = { web: 0, other: 0, evil: 0 };

/** An application: a page, cookies that claim wide domains, and a WebSocket that echoes. */
async function startApp(name: 'web' | 'other'): Promise<number> {
  const server = createServer(({ method, url, headers }, response) => {
    seen[name].push({ method, url, headers });
    const { host = '' } = headers;
    const parent = host.replace(/:\d+$/, '').split('.').slice(1).join('.');
    response.setHeader('Set-Cookie', [
      `${name}=1`,
      `${name}-wide=1; Domain=${parent}`,
      `${name}-wider=1; domain = .localhost`,
      'fairlead-session-80=evil',
    ]);
    response.setHeader('Content-Type', 'text/html');
    // Without an icon of its own a browser asks for one, sooner or later than what is judged here.
    response.end(`<title>${name}</title><link rel="icon" href="data:,"><p id="method">${method}</p>`);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, { method, url, headers }) => {
    seen[name].push({ method: `WebSocket ${method}`, url, headers });
    socket.on('message', (data) => socket.send(String(data)));
  });
  return listen(server);
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

before(async () => {
  if (skip !== false) return;
  stage = new AsyncDisposableStack();
  ports.web = await startApp('web');
  ports.other = await startApp('other');
  ports.evil = await listen(
    createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<title>evil</title>')),
  );
  // Every name of these tests is this machine: that is what a rebinding site makes of its own name.
  // Chromium's own guard of this machine is off, as in other browsers: the gateway's is to be seen.
  browser = await launchBrowser([
    '--host-resolver-rules=MAP *.example 127.0.0.1,MAP *.example.com 127.0.0.1',
    '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
  ]);
  stage.defer(() => browser.close());
});

after(async () => {
  await stage?.disposeAsync();
});

async function openGateway(options: Parameters<typeof openGatewayFixture>[0] = {}): Promise<GatewayFixture> {
  const gateway = await openGatewayFixture(options);
  for (const name of ['web', 'other'] as const)
    gateway.cluster.setService(name, [{ port: 80 }], [{ name: `${name}-0`, ports: { 80: ports[name] } }]);
  seen.web.length = 0;
  seen.other.length = 0;
  return gateway;
}

/** Requests that reached the API but for the gateway's own questions and its port-forwards. */
function reachedApi({ cluster }: GatewayFixture): string[] {
  return cluster.requests
    .filter(({ line }) => !/\/(?:portforward|services|endpointslices)\b|\/pods\//.test(line))
    .map(({ line }) => line);
}

/** What a page tries against a target: each try says what it got, or that it was refused. */
function tries(page: Page, api: string, app: string): Promise<unknown> {
  return page.evaluate(
    `(async (api, app) => {
      const attempt = (work) => Promise.race([work, new Promise((settle) => setTimeout(settle, 5000, 'silent'))]).catch(() => 'refused');
      const read = (url, options) => attempt(fetch(url, options).then((answer) => answer.type === 'opaque' ? 'sent' : 'read ' + answer.status));
      const socket = (url) => attempt(new Promise((settle) => {
        const line = new WebSocket(url.replace('http', 'ws'));
        line.onopen = () => settle('open');
        line.onerror = () => settle('refused');
      }));
      const load = (tag, url) => attempt(new Promise((settle) => {
        const element = document.createElement(tag);
        element.onload = () => settle('loaded');
        element.onerror = () => settle('refused');
        element.src = url;
        document.body.append(element);
      }));
      return {
        read: await read(api + '/api/v1/namespaces/shop/secrets', { credentials: 'include' }),
        post: await read(api + '/api/v1/namespaces', { method: 'POST', mode: 'no-cors', body: '{}', credentials: 'include' }),
        remove: await read(api + '/api/v1/namespaces/shop', { method: 'DELETE' }),
        socket: await socket(api + '/api/v1/namespaces?watch=true'),
        script: await load('script', api + '/api/v1/secrets'),
        image: await load('img', api + '/api/v1/secrets'),
        appPost: await read(app + '/transfer', { method: 'POST', mode: 'no-cors', body: 'a=b', credentials: 'include' }),
        appSocket: await socket(app + '/live'),
      };
    })(${JSON.stringify(api)}, ${JSON.stringify(app)})`,
  );
}

const nothing = {
  read: 'refused',
  // Sent blindly: the gateway's answer is what refuses it.
  post: 'sent',
  remove: 'refused',
  socket: 'refused',
  script: 'refused',
  image: 'refused',
  appPost: 'sent',
  appSocket: 'refused',
};

async function submitForm(page: Page, to: string): Promise<number | undefined> {
  const answered = page.waitForResponse((response) => response.url() === to);
  const arrived = page.waitForURL(to);
  await page.evaluate(
    `(() => { const form = document.createElement('form'); form.method = 'post'; form.action = ${JSON.stringify(to)}; document.body.append(form); form.submit(); })()`,
  );
  await arrived;
  return (await answered).status();
}

test('a site of the internet reaches neither the API nor an application', { skip }, async () => {
  await using gateway = await openGateway();
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  const api = `http://localhost:${gateway.port}`;
  const app = `http://web.shop.localhost:${gateway.port}`;
  await page.goto(`http://www.evil.example:${ports.evil}/`);
  assert.deepEqual(await tries(page, api, app), nothing);
  assert.equal(await submitForm(page, `${api}/api/v1/namespaces`), 403);
  await page.goto(`http://www.evil.example:${ports.evil}/`);
  assert.equal(await submitForm(page, `${app}/transfer`), 403);
  assert.deepEqual(reachedApi(gateway), []);
  assert.deepEqual(seen.web, []);
});

test('a name that was bound to this machine is none of the gateway`s', { skip }, async () => {
  await using gateway = await openGateway();
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  for (const name of ['www.evil.example', 'localhost.evil.example', 'web.shop.localhost.evil.example']) {
    const answer = await page.goto(`http://${name}:${gateway.port}/api/v1/namespaces/shop/secrets`);
    assert.equal(answer?.status(), 403, name);
    // Its page came from its own server, under the same name and port, before the name was bound anew.
    const before = `http://${name}:${gateway.port}/before`;
    await page.route(before, (route) => route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }));
    await page.goto(before);
    const own = await page.evaluate(
      `Promise.all(['GET', 'POST'].map((method) => fetch('/api/v1/namespaces', { method }).then((answer) => answer.status)))`,
    );
    assert.deepEqual(own, [403, 403], 'to the browser it is the same origin');
  }
  assert.deepEqual(reachedApi(gateway), []);
});

test('an application reaches neither the API nor changes another, and its cookies stay its own', { skip }, async () => {
  await using gateway = await openGateway();
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  const at = (name: string): string => `http://${name}.shop.localhost:${gateway.port}/`;
  await page.goto(at('web'));
  const tried = await tries(page, `http://localhost:${gateway.port}`, `http://localhost:${gateway.port}`);
  assert.deepEqual(tried, nothing);
  assert.deepEqual(reachedApi(gateway), []);
  const own = (await visitor.context.cookies(at('web'))).map(({ name, domain }) => `${name} ${domain}`).sort();
  const host = 'web.shop.localhost';
  assert.deepEqual(own, [`web ${host}`, `web-wide ${host}`, `web-wider ${host}`]);
  await page.goto(at('other'));
  assert.equal(seen.other.at(-1)?.headers.cookie, undefined);
  await page.goto(at('web'));
  assert.match(String(seen.web.at(-1)?.headers.cookie), /web=1/);
  assert.doesNotMatch(String(seen.web.at(-1)?.headers.cookie), /other/);
});

test('one signs in once, and applications see nothing of it', { skip }, async () => {
  await using gateway = await openGateway({ access: { password: new Password(word), link: undefined } });
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  const app = `http://web.shop.localhost:${gateway.port}/deep?x=1`;
  await page.goto(app);
  assert.match(await page.title(), /^Sign in/);
  assert.equal(new URL(page.url()).hostname, 'localhost');
  await page.fill('#password', 'guess');
  await page.press('#password', 'Enter');
  await page.locator('[role=alert]', { hasText: 'not the password' }).waitFor();
  await page.fill('#password', word);
  await page.press('#password', 'Enter');
  await page.waitForURL(app);
  assert.equal(await page.title(), 'web');
  assert.equal(await page.evaluate('document.cookie.includes("fairlead")'), false, 'scripts cannot read the session');
  // Its own requests and sockets go on; the other application is a click away without another password.
  const status = await page.evaluate(`fetch('/x', { method: 'POST' }).then((answer) => answer.status)`);
  assert.equal(status, 200);
  await page.goto(`http://other.shop.localhost:${gateway.port}/`);
  assert.equal(await page.title(), 'other');
  for (const { headers } of [...seen.web, ...seen.other]) {
    assert.doesNotMatch(String(headers.cookie), /fairlead/);
    assert.doesNotMatch(String(headers.referer), /ticket|token/);
  }
  // The application cannot use the session on the API, nor can a site of the internet.
  for (const from of [`http://other.shop.localhost:${gateway.port}/`, `http://www.evil.example:${ports.evil}/`]) {
    await page.goto(from);
    const api = `http://localhost:${gateway.port}`;
    assert.deepEqual(await tries(page, api, api), nothing, from);
    assert.equal(await submitForm(page, `${api}/.fairlead/access/logout`), 403, from);
  }
  assert.deepEqual(reachedApi(gateway), []);
  const answer = await page.goto(`http://localhost:${gateway.port}/version`);
  assert.equal(answer?.status(), 200, 'the user himself can');
  await page.goto(`http://localhost:${gateway.port}/.fairlead/access/logout`);
  await page.click('button');
  await page.locator('#password').waitFor();
  await page.goto(app);
  assert.match(await page.title(), /^Sign in/, 'signed out everywhere');
});

test('the link of the terminal opens one browser, and no second', { skip }, async () => {
  const links: string[] = [];
  const link = new FirstUseLink((path) => links.push(path));
  await using gateway = await openGateway({ access: { password: undefined, link } });
  link.renew();
  const url = `http://localhost:${gateway.port}${links[0]}`;
  await using first = await visit(browser);
  const page = await first.context.newPage();
  await page.goto(url);
  assert.equal((await page.goto(`http://localhost:${gateway.port}/version`))?.status(), 200);
  await page.goto(`http://web.shop.localhost:${gateway.port}/`);
  assert.equal(await page.title(), 'web');
  await using second = await visit(browser);
  const stranger = await second.context.newPage();
  assert.equal((await stranger.goto(url))?.status(), 403);
  const away = await stranger.goto(`http://web.shop.localhost:${gateway.port}/`);
  assert.match(String(await away?.text()), /newest link/);
});

test('over TLS and a domain the session is bound to each name and to TLS', { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-browser-'));
  try {
    const names = gatewayNames({ domain });
    const tls = await tlsOfOwnAuthority(directory, names);
    const access = { password: new Password(word), link: undefined };
    await using gateway = await openGateway({ access, names, tls });
    await using visitor = await visit(browser, { ignoreHTTPSErrors: true });
    const page = await visitor.context.newPage();
    const app = `https://web.shop.${domain}:${gateway.port}/deep`;
    await page.goto(app);
    assert.equal(new URL(page.url()).hostname, domain);
    await page.fill('#password', word);
    await page.press('#password', 'Enter');
    await page.waitForURL(app);
    assert.equal(await page.title(), 'web');
    const cookies = (await visitor.context.cookies()).filter(({ name }) => name.includes('fairlead'));
    assert.deepEqual(
      cookies.map(({ name, domain: of, secure, httpOnly, sameSite }) => [name, of, secure, httpOnly, sameSite]).sort(),
      [
        ['__Host-fairlead-session', domain, true, true, 'Lax'],
        ['__Host-fairlead-session', `web.shop.${domain}`, true, true, 'Lax'],
      ],
    );
    assert.equal(seen.web.at(-1)?.headers['x-forwarded-proto'], 'https');
    const posted = await page.evaluate(`fetch('/x', { method: 'POST' }).then((answer) => answer.status)`);
    assert.equal(posted, 200, 'its own pages act on it under its domain too');
    assert.doesNotMatch(String(seen.web.at(-1)?.headers.cookie), /fairlead/);
    const api = `https://${domain}:${gateway.port}`;
    assert.deepEqual(await tries(page, api, api), nothing);
    assert.deepEqual(reachedApi(gateway), []);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('with its proxy settings Chromium opens what pods open, WebSockets too, and sites stay apart', {
  skip,
}, async () => {
  await using gateway = await openGateway();
  for (const flag of [
    `--proxy-server=http://localhost:${gateway.port}`,
    `--proxy-server=socks5://localhost:${gateway.port}`,
    `--proxy-pac-url=http://localhost:${gateway.port}/proxy.pac`,
  ]) {
    const proxied = await launchBrowser([flag, '--proxy-bypass-list=<-loopback>']);
    try {
      await using visitor = await visit(proxied);
      const page = await visitor.context.newPage();
      await page.goto('http://web.shop.svc/');
      assert.equal(await page.title(), 'web', flag);
      assert.equal(seen.web.at(-1)?.headers.host, 'web.shop.svc');
      assert.equal(await page.evaluate(`fetch('/x', { method: 'POST' }).then((answer) => answer.status)`), 200, flag);
      const echoed = await page.evaluate(
        `new Promise((settle) => {
          const line = new WebSocket('ws://web.shop.svc/live');
          line.onopen = () => line.send('ahoy');
          line.onmessage = ({ data }) => settle(data);
          line.onerror = () => settle('refused');
        })`,
      );
      assert.equal(echoed, 'ahoy', flag);
      await page.goto('http://other.shop.svc.cluster.local/');
      assert.equal(await page.title(), 'other', flag);
    } finally {
      await proxied.close();
    }
  }
});
