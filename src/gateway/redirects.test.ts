import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mendRedirect } from './redirects.ts';

const source = {
  host: 'web.shop.localhost:8001',
  path: '/cart?x=1',
  target: { kind: 'service', namespace: 'shop', name: 'web', port: undefined, alias: undefined },
  port: 8443,
} as const;

function mended(location: string, more: Partial<Parameters<typeof mendRedirect>[1]> = {}): string {
  return mendRedirect(location, { ...source, ...more }).location;
}

test('an application that redirects to itself, over TLS or by a name of the cluster, is found again', () => {
  const own = 'http://web.shop.localhost:8001/login';
  for (const location of [
    'https://web.shop.localhost:8001/login',
    'https://web.shop.localhost/login',
    'http://web.shop.localhost/login',
    'HTTPS://WEB.shop.localhost:443/login',
    'http://web/login',
    'https://web:8443/login',
    'http://web.shop/login',
    'http://web.shop.svc/login',
    'http://web.shop.svc:8443/login',
    'http://web.shop.svc.cluster.local/login',
    'http://web.shop.svc.cluster.local./login',
    'http://web.shop.localhost.:8001/login',
    '//web.shop.svc/login',
    '//web.shop.localhost/login',
  ]) {
    assert.equal(mended(location), own, location);
  }
  assert.equal(mended('https://web.shop.localhost:8001'), 'http://web.shop.localhost:8001');
  const other = { ...source.target, alias: 'dev' };
  assert.equal(
    mended('http://web/a', { host: 'web.shop.svc.dev.localhost', target: other }),
    'http://web.shop.svc.dev.localhost/a',
  );
});

test('other services and other ports have their names here', () => {
  for (const [location, expected] of [
    ['http://auth.login.svc/x?y#z', 'http://auth.login.svc.localhost:8001/x?y#z'],
    ['http://auth.login.svc.cluster.local:9000/', 'http://9000.auth.login.svc.localhost:8001/'],
    ['https://auth.login.svc/', 'http://443.auth.login.svc.localhost:8001/'],
    ['//auth.login.svc/x', 'http://auth.login.svc.localhost:8001/x'],
    ['http://auth.login.svc.cluster.local./x', 'http://auth.login.svc.localhost:8001/x'],
    ['http://web:9090/', 'http://9090.web.shop.svc.localhost:8001/'],
    ['http://web-0.web.shop.svc:80/', 'http://web-0.shop.pod.localhost:8001/'],
  ] as const) {
    assert.equal(mended(location), expected, location);
  }
  const target = { ...source.target, alias: 'dev' };
  const host = 'web.shop.svc.dev.localhost:8001';
  assert.equal(mended('http://auth.login.svc/', { host, target }), 'http://auth.login.svc.dev.localhost:8001/');
});

test('two labels are a name of the cluster where it is known to have that service and port', () => {
  const knowsService = (namespace: string, name: string, port: string | undefined): boolean =>
    namespace === 'login' && name === 'auth' && (port === undefined || port === '8081');
  for (const [location, expected] of [
    ['http://auth.login:8081/x', 'http://8081.auth.login.svc.localhost:8001/x'],
    ['http://auth.login./x', 'http://auth.login.svc.localhost:8001/x'],
    ['//auth.login/x', 'http://auth.login.svc.localhost:8001/x'],
    ['http://auth.login:9/x', 'http://auth.login:9/x'],
    ['https://auth.login/x', 'https://auth.login/x'],
    ['http://auth.com/x', 'http://auth.com/x'],
    ['http://sub.auth.login/x', 'http://sub.auth.login/x'],
  ] as const) {
    assert.equal(mended(location, { knowsService }), expected, location);
    if (/auth\.login[:/]/.test(location)) assert.equal(mended(location), location, 'not known');
  }
});

test('everything else stays', () => {
  for (const location of [
    '/login',
    'login',
    '//other/',
    '//web.shop.localhost:8001/login',
    '//example.com/',
    'http://web.shop.localhost:8001/login',
    'https://example.com/',
    'https://auth.login/',
    'https://webshop/',
    'https://web.shop.svc.example.com/',
    'http://user@web/',
    'https://web.shop.localhost.example.com/',
    'ftp://web/',
  ]) {
    assert.equal(mended(location), location, location);
  }
  assert.equal(
    mended('https://web.shop.svc/x', { host: 'web.shop.svc' }),
    'https://web.shop.svc/x',
    'asked as a proxy',
  );
});

test('an application that only asks for TLS is told from one that leads on', () => {
  const asks = (location: string): boolean => mendRedirect(location, source).onlyAsksForTls;
  assert.equal(asks('https://web.shop.localhost:8001/cart?x=1'), true);
  assert.equal(asks('https://web.shop.localhost/cart?x=1'), true);
  assert.equal(asks('https://web.shop.localhost:8001/login'), false);
  assert.equal(asks('http://web.shop.localhost/cart?x=1'), false);
});
