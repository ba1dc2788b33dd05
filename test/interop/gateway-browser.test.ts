/** What the gateway's guide promises of browsers: cookies of names below localhost, and the proxy settings. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { GatewayFixture } from '../gateway-fixture.ts';
import { openGatewayFixture } from '../gateway-fixture.ts';
import { launchBrowser, skipWithoutChromium } from './browser-launch.ts';

const skip = skipWithoutChromium();
const app = createServer((request, response) => {
  response.writeHead(200, {
    'Content-Type': 'text/html',
    'Set-Cookie': ['wide=1; Domain=shop.localhost; Path=/', 'safe=1; Secure; Path=/'],
  });
  // Without an icon of its own a browser asks for one, sooner or later, and gets the cookies anew.
  response.end(`<link rel="icon" href="data:,"><p id="host">${request.headers.host}</p>`);
});
let browser: Browser;
let gateway: GatewayFixture;

before(async () => {
  if (skip !== false) return;
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  [browser, gateway] = await Promise.all([launchBrowser(), openGatewayFixture({ context: 'staging' })]);
  const { port } = app.address() as AddressInfo;
  for (const name of ['web', 'other'])
    gateway.cluster.setService(name, [{ port: 80 }], [{ name: `${name}-1`, ports: { 80: port } }]);
});

after(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
  app.closeAllConnections();
  app.close();
});

async function cookiesAt(page: Page, host: string): Promise<string[]> {
  await page.goto(`http://${host}:${gateway.port}/`);
  return ((await page.evaluate('document.cookie')) as string).split('; ').filter((each) => each !== '');
}

test('cookies that applications send stay with their name; scripts reach as far as the guide says', {
  skip,
}, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  assert.deepEqual((await cookiesAt(page, 'web.shop.localhost')).sort(), ['safe=1', 'wide=1']);
  await page.evaluate(
    "document.cookie = 'script=1; domain=shop.localhost'; document.cookie = 'all=1; domain=localhost'",
  );
  await context.clearCookies({ name: 'safe' });
  // Asked without the application's own Set-Cookie: what came from the first name alone.
  const seen = async (host: string): Promise<string[]> => {
    const cookies = await context.cookies(`http://${host}:${gateway.port}/`);
    return cookies.map(({ name }) => name).sort();
  };
  assert.deepEqual(await seen('web.shop.localhost'), ['script', 'wide']);
  assert.deepEqual(await seen('other.shop.localhost'), ['script'], 'one namespace is one site');
  assert.deepEqual(await seen('web.elsewhere.localhost'), []);
  assert.deepEqual(await seen('localhost'), []);
  await context.close();
});

test('a browser with the proxy settings opens services by the names that pods use', { skip }, async () => {
  const pac = `http://localhost:${gateway.port}/proxy.pac`;
  const configured = await launchBrowser([`--proxy-pac-url=${pac}`]);
  try {
    const page = await configured.newPage();
    for (const host of ['web.shop.svc', 'web.shop.svc.cluster.local', 'other.shop.svc.staging']) {
      await page.goto(`http://${host}/`);
      assert.equal(await page.locator('#host').textContent(), host);
    }
  } finally {
    await configured.close();
  }
});
