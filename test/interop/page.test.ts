/** The gateway's page in a real browser: several contexts, every way in, keys, copying, loss and return. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../free-port.ts';
import type { GatewayFixture } from '../gateway-fixture.ts';
import { openGatewayFixture } from '../gateway-fixture.ts';
import type { SmallCluster } from '../small-cluster.ts';
import { openSmallCluster } from '../small-cluster.ts';
import { launchBrowser, skipWithoutChromium, visit } from './browser-launch.ts';

const skip = skipWithoutChromium();
let browser: Browser;

before(async () => {
  if (skip === false) browser = await launchBrowser();
});
after(() => browser?.close());

/** A Service of any namespace with endpoints: each pod is ready or not. */
function setService(
  cluster: SmallCluster,
  key: string,
  ports: readonly { name?: string; port: number; protocol?: 'UDP' }[],
  pods: readonly boolean[],
): void {
  const [namespace = '', name = ''] = key.split('/');
  const metadata = { namespace, name };
  cluster.put('services', key, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata },
    spec: { selector: { app: name }, ports: [...ports] },
  });
  cluster.put('endpointslices', key, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    ports: ports.map(({ name: port = '', port: number }) => ({ name: port, port: number })),
    endpoints: pods.map((ready, i) => ({
      addresses: [`10.0.0.${i + 1}`],
      conditions: { ready },
      targetRef: { kind: 'Pod', name: `${name}-${i}`, uid: `${name}-${i}` },
    })),
  });
}

function removeService(cluster: SmallCluster, key: string): void {
  cluster.put('services', key, undefined);
  cluster.put('endpointslices', key, undefined);
}

async function openPage(gateway: GatewayFixture, page: Page): Promise<void> {
  await page.goto(`http://localhost:${gateway.port}/`);
  await untilText(page, '#connection', /^live$/);
  await page.locator('#loading').waitFor({ state: 'hidden' });
}

async function untilText(page: Page, selector: string, text: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor();
}

const row = (key: string): string => `[data-service="${key}"]`;
const focused = (page: Page): Promise<unknown> => page.evaluate('document.activeElement.textContent');
const clipboard = (page: Page): Promise<unknown> => page.evaluate('navigator.clipboard.readText()');

test('a service appears, loses its pods and is deleted, and the keyboard stays where it is', { skip }, async () => {
  await using gateway = await openGatewayFixture({ withPage: true, context: 'dev' });
  setService(gateway.cluster, 'shop/cart', [{ name: 'http', port: 80 }], [true]);
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await openPage(gateway, page);
  await page.locator(`${row('shop/cart')} a.name`).focus();
  setService(gateway.cluster, 'shop/api', [{ name: 'http', port: 80 }], [true, true]);
  await untilText(page, row('shop/api'), /2\/2 ready/);
  setService(gateway.cluster, 'shop/cart', [{ name: 'http', port: 80 }], [false]);
  await untilText(page, row('shop/cart'), /0\/1 ready.*None of its pods is ready: cart-0.*describe pod cart-0/s);
  setService(gateway.cluster, 'shop/cart', [{ name: 'http', port: 80 }], []);
  await untilText(page, row('shop/cart'), /0\/0 ready.*No pod that has an address matches its selector app=cart/s);
  assert.equal(await focused(page), 'cart');
  await page.selectOption('#of-state', 'trouble');
  await page.locator(row('shop/api')).waitFor({ state: 'detached' });
  assert.equal(await page.locator('#count').textContent(), '1 of 2 services');
  removeService(gateway.cluster, 'shop/cart');
  await page.locator(row('shop/cart')).waitFor({ state: 'detached' });
  await page.locator('#nothing').waitFor();
  await page.click('#clear');
  await page.locator(row('shop/api')).waitFor();
  assert.deepEqual(visitor.complaints, []);
});

test('of several contexts one is away and one cannot be used: each says so beside the others', {
  skip,
}, async () => {
  const unusable = [{ name: 'old', alias: 'old', why: 'The file /home/me/old.crt does not exist.' }];
  await using gateway = await openGatewayFixture({
    withPage: true,
    context: 'dev',
    others: ['eu-1', 'away'],
    unusable,
  });
  const [eu, away] = gateway.others;
  assert.ok(eu !== undefined && away !== undefined);
  await away[Symbol.asyncDispose]();
  setService(gateway.cluster, 'shop/web', [{ port: 80 }], [true]);
  setService(eu, 'shop/web', [{ port: 80 }], [true]);
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await openPage(gateway, page);
  await untilText(page, '#troubles', /away cannot be reached.*connection refused.*tries again by itself/s);
  await untilText(page, '#troubles', /old cannot be used.*does not exist.*start the gateway anew/s);
  await untilText(page, '[data-context="eu-1"]', /1 service/);
  const link = page.locator(`${row('eu-1:shop/web')} a.name`);
  assert.equal(await link.getAttribute('href'), `http://web.shop.svc.eu-1.localhost:${gateway.port}/`);
  await page.selectOption('#of-context', 'eu-1');
  await page.locator(row('shop/web')).waitFor({ state: 'detached' });
  assert.equal(await page.locator('#count').textContent(), '1 of 2 services');
});

test('the keyboard alone finds, opens and copies', { skip }, async () => {
  await using gateway = await openGatewayFixture({ withPage: true, context: 'dev' });
  setService(gateway.cluster, 'shop/web', [{ name: 'http', port: 80 }], [true]);
  setService(gateway.cluster, 'shop/db', [{ name: 'postgres', port: 5432 }], [true]);
  setService(gateway.cluster, 'shop/dns', [{ name: 'dns', port: 53, protocol: 'UDP' }], [true]);
  await using visitor = await visit(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await visitor.context.newPage();
  await openPage(gateway, page);
  await page.keyboard.press('?');
  await page.locator('#keys').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#keys').waitFor({ state: 'hidden' });
  await page.keyboard.press('j');
  assert.equal(await focused(page), 'db');
  const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  assert.equal(outline, 'solid', 'the focus is to be seen');
  await page.keyboard.press('Enter');
  await untilText(page, row('shop/db'), /kubectl --context dev -n shop port-forward service\/db 5432/);
  assert.equal(await focused(page), 'db');
  await page.keyboard.press('c');
  await untilText(page, '#announcement', /^Copied: /);
  assert.equal(await clipboard(page), 'fairlead forward --context dev shop/db:5432=5432');
  await page.keyboard.press('d');
  await page.locator(`${row('shop/db')} .ways-in`).waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('d');
  await untilText(page, row('shop/dns'), /UDP does not pass.*Reach it from a pod/);
  await page.keyboard.press('j');
  await page.keyboard.press('c');
  await untilText(page, '#announcement', /web\.shop/);
  assert.equal(await clipboard(page), `http://web.shop.localhost:${gateway.port}/`);
  await page.keyboard.press('/');
  await page.keyboard.type('zzz');
  await page.locator('#nothing').waitFor();
  await page.keyboard.press('Escape');
  await page.locator(row('shop/web')).waitFor();
  await page.locator(`${row('shop/web')} .toggle`).click();
  await page.getByRole('button', { name: /^Copy curl, by SOCKS/ }).click();
  await untilText(page, '#announcement', /socks5h/);
  assert.equal(await clipboard(page), `curl --proxy socks5h://localhost:${gateway.port} http://web.shop.svc/`);
});

test('where names do not resolve the page says so, and opens a local port instead', { skip }, async () => {
  const program = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
  await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
  const at = program.address();
  assert.ok(at !== null && typeof at === 'object');
  await using gateway = await openGatewayFixture({ withPage: true, context: 'dev' });
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: { 80: at.port } }], {
    selector: { app: 'web' },
  });
  await using visitor = await visit(browser);
  await visitor.context.route(/fairlead-probe/, (route) => route.abort('namenotresolved'));
  const page = await visitor.context.newPage();
  await openPage(gateway, page);
  await untilText(page, '#names', new RegExp(`does not resolve.*http://localhost:${gateway.port}/proxy\\.pac`, 's'));
  const name = page.locator(`${row('shop/web')} .name`);
  assert.equal(await name.getAttribute('href'), null);
  await name.click();
  await page.getByRole('button', { name: 'Open a local port that leads to shop/web:80' }).click();
  await page.locator(`${row('shop/web')} a.name`).waitFor();
  const address = await page.locator(`${row('shop/web')} a.name`).getAttribute('href');
  assert.equal(await (await fetch(String(address))).text(), 'hi');
  await untilText(page, '#ports', /shop\/web:80/);
  await page
    .getByRole('button', { name: /^Close the local port/ })
    .first()
    .click();
  await page.locator('#ports-part').waitFor({ state: 'hidden' });
  await assert.rejects(fetch(String(address)));
  program.close();
});

test('errors of the gateway are told, and its servers', { skip }, async () => {
  await using gateway = await openGatewayFixture({ withPage: true, context: 'dev' });
  setService(gateway.cluster, 'shop/web', [{ port: 80 }], []);
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await openPage(gateway, page);
  await page.locator('#no-errors').waitFor();
  await gateway.ask('/?token=hunter2', { host: 'web.shop.localhost' });
  await untilText(page, '#errors', /Service "web" in namespace "shop" has no ready pod/);
  assert.doesNotMatch((await page.locator('body').textContent()) ?? '', /hunter2/);
  await untilText(page, '[data-context=""] .server', /127\.0\.0\.1/);
});

test('hostile names and messages are text', { skip }, async () => {
  const evil = '<img src=x onerror="document.title=1">';
  const context = `${evil}\u202e'; reboot\n`;
  const unusable = [{ name: `b${evil}`, alias: 'b', why: `${evil}\u001b[2J` }];
  await using gateway = await openGatewayFixture({ withPage: true, context, unusable });
  setService(gateway.cluster, `shop/${evil}`.replace('</', ''), [{ name: evil, port: 80 }], [false]);
  setService(gateway.cluster, 'shop/web', [{ name: evil, port: 8080 }], [false]);
  gateway.cluster.put('services', 'shop/out', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'out', annotations: { evil } },
    spec: { type: 'ExternalName', externalName: `javascript:${evil}` },
  });
  await gateway.ask('/', { host: 'web.shop.localhost' });
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await openPage(gateway, page);
  await page.locator(row('shop/out')).waitFor();
  for (const toggle of await page.locator('.toggle').all()) await toggle.click();
  await untilText(page, '#troubles', /<img src=x.*\\u\{1b\}\[2J/s);
  assert.equal(await page.locator('img').count(), 1, 'its own');
  assert.match(await page.title(), /Fairlead$/);
  const text = (await page.locator('body').textContent()) ?? '';
  assert.match(text, /\\u\{202e\}/);
  assert.doesNotMatch(text, /[\u202e\u001b]/);
  assert.doesNotMatch(text, /--context|kubectl -n/, 'such a context is in no command');
  const hrefs = await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
  for (const href of hrefs)
    assert.match(href, /^(?:#|http:\/\/(?:[a-z0-9-]+\.)+localhost:\d+\/$)/, 'links lead to names of the gateway alone');
  assert.deepEqual(visitor.complaints, []);
});

test('dark and light are the system`s choice, and a phone is wide enough', { skip }, async () => {
  await using gateway = await openGatewayFixture({ withPage: true, context: 'dev' });
  setService(gateway.cluster, `shop/${'long-'.repeat(11)}name`, [{ name: 'http', port: 80 }], [false]);
  const backs: unknown[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await using visitor = await visit(browser, { colorScheme, viewport: { width: 360, height: 740 }, isMobile: true });
    const page = await visitor.context.newPage();
    await openPage(gateway, page);
    await page.locator('.toggle').click();
    await page.locator('.ways-in').waitFor();
    backs.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
  }
  assert.notEqual(backs[0], backs[1]);
});

test('of thousands of services any is found, and only some are drawn at a time', { skip }, async () => {
  await using gateway = await openGatewayFixture({ withPage: true, context: 'dev' });
  for (let i = 0; i < 5000; i++)
    setService(gateway.cluster, `team-${i % 40}/app-${i}`, [{ name: 'http', port: 80 }], [i % 7 !== 0]);
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await openPage(gateway, page);
  await untilText(page, '#count', /^5000 services$/);
  assert.ok((await page.locator('[data-service]').count()) < 1000);
  await page.fill('#filter', 'app-4999');
  await untilText(page, '#count', /^1 of 5000 services$/);
  await page.locator(row('team-39/app-4999')).waitFor();
  await page.fill('#filter', '');
  await page.selectOption('#of-namespace', 'team-7');
  await untilText(page, '#count', /^125 of 5000 services$/);
  await page.selectOption('#of-namespace', '');
  const more = page.locator('#more');
  const before = await page.locator('[data-service]').count();
  await more.scrollIntoViewIfNeeded();
  await page.locator('[data-service]').nth(before).waitFor();
});

test('the page outlives its gateway, and is true again when that is back', { skip }, async () => {
  await using parts = new AsyncDisposableStack();
  const dev = parts.use(await openSmallCluster());
  setService(dev, 'shop/web', [{ port: 80 }], [true]);
  setService(dev, 'shop/old', [{ port: 80 }], [true]);
  const options = { withPage: true, context: 'dev', clusters: { dev } };
  // Nobody else is given it while no gateway has it.
  const port = await freePort();
  const first = await openGatewayFixture({ ...options, port });
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await openPage(first, page);
  await page.evaluate('window.stillHere = true');
  await first[Symbol.asyncDispose]();
  await untilText(page, '#connection', /not connected, trying again/);
  assert.equal(await page.locator(row('shop/web')).isVisible(), true, 'what was known stays to be seen');
  removeService(dev, 'shop/old');
  setService(dev, 'shop/new', [{ port: 80 }], [true]);
  await using second = await openGatewayFixture({ ...options, port });
  await untilText(page, '#connection', /^live$/);
  await page.locator(row('shop/new')).waitFor();
  await page.locator(row('shop/old')).waitFor({ state: 'detached' });
  assert.equal(second.port, port);
  assert.equal(await page.evaluate('window.stillHere'), true, 'it was not loaded anew');
});
