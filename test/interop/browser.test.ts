/** A real browser on the gateway's page and on the sample application. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { ClusterClient } from '../../src/client/cluster-client.ts';
import { openClusterClient } from '../../src/client/cluster-client-http.ts';
import { loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { launchBrowser, skipWithoutChromium, visit } from './browser-launch.ts';

const skip = skipWithoutChromium();
let home: Home;
let cluster: RunningFairlead;
let client: ClusterClient;
let browser: Browser;
/** `http://web.demo.localhost:PORT/` */
let demoUrl: string;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  [cluster, browser] = await Promise.all([RunningFairlead.up(home, '--demo', '--data=:memory:'), launchBrowser()]);
  client = openClusterClient(await loadKubeconfig({ path: home.kubeconfig }));
  demoUrl = `http://web.demo.localhost:${new URL(cluster.gatewayUrl).port}/`;
});

after(async () => {
  await browser?.close();
  await client?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

async function scale(replicas: number): Promise<void> {
  await client
    .resource('apps/v1', 'deployments')
    .patch('web', { spec: { replicas } }, { type: 'application/merge-patch+json', namespace: 'demo' });
}

/** Waits until the element's text fits; the browser looks, so nothing is missed and nothing is slept. */
async function untilText(page: Page, selector: string, text: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor();
}

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).textContent()) ?? '';
}

test('the page shows services live, asks nobody else, and keeps quiet on the console', { skip }, async () => {
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await page.goto(cluster.gatewayUrl);
  await untilText(page, '#connection', /^live$/);
  const row = page.locator('[data-service="demo/web"]');
  await untilText(page, '[data-service="demo/web"] .state', /3\/3 ready/);
  assert.equal(await row.locator('a.name').getAttribute('href'), demoUrl);
  assert.match(await textOf(page, '#facts'), /Kubernetes v1\.36\.\d.*https:\/\/127\.0\.0\.1/);
  assert.equal(await page.locator('#empty').isVisible(), false);

  await scale(5);
  await untilText(page, '[data-service="demo/web"] .state', /5\/5 ready/);
  await scale(3);
  await untilText(page, '[data-service="demo/web"] .state', /3\/3 ready/);

  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'later', namespace: 'demo' } };
  const ports = [{ name: 'postgres', port: 5432 }];
  await client
    .resource('v1', 'services')
    .create({ ...service, spec: { selector: { app: 'none' }, ports } } as typeof service);
  await untilText(
    page,
    '[data-service="demo/later"]',
    /0\/0 ready.*No pod that has an address matches its selector app=none/s,
  );
  await client.resource('v1', 'services').delete('later', { namespace: 'demo' });
  await page.locator('[data-service="demo/later"]').waitFor({ state: 'detached' });

  const events = visitor.requests.filter((url) => url.endsWith('/.fairlead/events'));
  assert.equal(events.length, 1, 'everything came over one stream');
  assert.deepEqual(
    visitor.requests.filter((url) => new URL(url).host !== new URL(cluster.gatewayUrl).host),
    [`http://fairlead-probe.localhost:${new URL(cluster.gatewayUrl).port}/`],
    'the one name that tells whether names resolve',
  );
  assert.deepEqual(visitor.complaints, []);
});

test('the page is used by keyboard alone', { skip }, async () => {
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await page.goto(cluster.gatewayUrl);
  await untilText(page, '#connection', /^live$/);
  await page.keyboard.press('/');
  await page.keyboard.type('demo we');
  await page.locator('[data-service="demo/echo"]').waitFor({ state: 'hidden' });
  assert.match(await textOf(page, '#count'), /^1 of \d+ services$/);
  await page.keyboard.press('ArrowDown');
  assert.equal(await textOf(page, 'a.name:focus'), 'web');
  await page.keyboard.press('Enter');
  await page.waitForURL(demoUrl);
});

test('on a phone nothing is cut off or needs to be scrolled sideways', { skip }, async () => {
  await using visitor = await visit(browser, { viewport: { width: 320, height: 640 }, isMobile: true });
  for (const url of [cluster.gatewayUrl, demoUrl]) {
    const page = await visitor.context.newPage();
    await page.goto(url);
    await page.waitForSelector(url === demoUrl ? '#signed-out:visible' : '[data-service="demo/web"]');
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, url);
  }
});

test('under its own host name the application works unchanged', { skip }, async () => {
  await using visitor = await visit(browser, {
    httpCredentials: { username: 'master', password: 'lighthouse', origin: new URL(demoUrl).origin },
  });
  const page = await visitor.context.newPage();
  await page.goto(demoUrl);
  await untilText(page, '#line', /^The office is open\.$/);

  await page.fill('#user', 'Ada');
  await page.press('#user', 'Enter');
  await untilText(page, '#signed-in', /Welcome aboard, Ada/);
  const cookies = await visitor.context.cookies(demoUrl);
  assert.deepEqual(
    cookies.map(({ name, httpOnly, domain }) => ({ name, httpOnly, domain })),
    [{ name: 'harbour', httpOnly: true, domain: 'web.demo.localhost' }],
  );

  // A browser asks over few connections, each of which stays with its pod: another round may find others.
  const rows = page.locator('#tally li');
  for (let round = 1; round <= 10 && (await rows.count()) < 2; round++) {
    await page.click('#ask-many');
    await page.waitForFunction(
      `[...document.querySelectorAll('#tally li span:last-child')].reduce((sum, one) => sum + Number(one.textContent), 0) === ${30 * round}`,
    );
  }
  assert.ok((await rows.count()) > 1, 'several replicas answered');
  const offices = (await page.evaluate(
    `Promise.all(Array.from({ length: 20 }, () => fetch('/api/office').then((answer) => answer.json())))`,
  )) as { pod: string; user: string }[];
  assert.deepEqual([...new Set(offices.map(({ user }) => user))], ['Ada'], 'every replica knows the visitor');

  await untilText(page, '#trip', /^[\d.]+ ms$/);
  await page.click('#horn');
  await untilText(page, '#log', /Ada sounded the horn/);

  await page.click('a[href="/master"]');
  assert.match(await textOf(page, 'body'), /"master":true/);
  await page.goto(demoUrl);
  await page.click('#signed-in button');
  await page.waitForSelector('#signed-out:visible');
  assert.deepEqual(await visitor.context.cookies(demoUrl), []);
});

test('under the proxy verb`s path the same application breaks', { skip }, async () => {
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  const path = new URL('/api/v1/namespaces/demo/services/web:http/proxy/', cluster.gatewayUrl).href;
  const answer = await page.goto(path);
  assert.equal(answer?.status(), 200);
  assert.equal(await page.title(), 'Harbour office', 'the page itself comes');
  await untilText(page, '#trouble', /needs an origin of its own/);
  const astray = await page.evaluate(`fetch('/api/office').then((answer) => answer.status, () => 'refused')`);
  assert.notEqual(astray, 200);
  const live = await page.evaluate(
    `new Promise((settle) => {
      const line = new WebSocket('ws://' + location.host + '/live');
      line.onopen = () => settle('open');
      line.onerror = () => settle('refused');
    })`,
  );
  assert.equal(live, 'refused');
  assert.equal(await textOf(page, '#line'), 'The office cannot be reached.');
  assert.deepEqual(await visitor.context.cookies(path), []);
});

test('an application cannot use the visitor`s rights on the API', { skip }, async () => {
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await page.goto(demoUrl);
  const api = new URL(cluster.gatewayUrl).origin;
  const tried = await page.evaluate(
    `Promise.all([
      fetch('${api}/api/v1/namespaces').then(() => 'read', () => 'refused'),
      fetch('${api}/api/v1/namespaces', { mode: 'no-cors', method: 'POST', body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stolen' } }) }).then(() => 'sent', () => 'refused'),
      new Promise((settle) => {
        const socket = new WebSocket('${api.replace('http', 'ws')}/api/v1/namespaces?watch=true');
        socket.onopen = () => settle('open');
        socket.onerror = () => settle('refused');
      }),
      new Promise((settle) => {
        const stream = new EventSource('${api}/.fairlead/events');
        stream.onopen = () => settle('open');
        stream.onerror = () => settle('refused');
      }),
    ])`,
  );
  assert.deepEqual(
    tried,
    ['refused', 'sent', 'refused', 'refused'],
    'a write without CORS is sent blindly; the answer decides',
  );
  await assert.rejects(client.resource('v1', 'namespaces').get('stolen'), /not found/);
});

test('when the cluster stops, the page says so and tries again', { skip }, async () => {
  await using visitor = await visit(browser);
  const page = await visitor.context.newPage();
  await page.goto(cluster.gatewayUrl);
  await untilText(page, '#connection', /^live$/);
  await cluster.stop();
  await untilText(page, '#connection', /not connected, trying again/);
  assert.equal(await page.locator('[data-service="demo/web"]').isVisible(), true, 'what was known stays to be seen');
});
