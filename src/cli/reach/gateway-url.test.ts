import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayUrl, pageUrl, serviceUrl } from './gateway-url.ts';

test('a service has the short name in the first context only, and without a port', () => {
  const gateway = 'http://localhost:8001/';
  const web = { namespace: 'shop', name: 'web' };
  assert.equal(serviceUrl(gateway, undefined, web), 'http://web.shop.localhost:8001/');
  assert.equal(serviceUrl(gateway, undefined, { ...web, port: 'ui' }), 'http://ui.web.shop.svc.localhost:8001/');
  assert.equal(serviceUrl(gateway, 'two', web), 'http://web.shop.svc.two.localhost:8001/');
  const contexts = [
    { name: 'one', alias: 'one', server: 'https://a' },
    { name: 'two', alias: 'two', server: 'https://b' },
  ];
  const running = [{ url: gateway, contexts, fixedPorts: [] }];
  const urlOf = (name: string, server: string) => gatewayUrl(running, { name, server }, web);
  assert.equal(urlOf('one', 'https://a'), 'http://web.shop.localhost:8001/');
  assert.equal(urlOf('two', 'https://b'), 'http://web.shop.svc.two.localhost:8001/');
  assert.equal(urlOf('two', 'https://a'), undefined, 'the same name of another server');
});

test('a page is one of the service, whatever its path', () => {
  for (const path of ['/', '/a?b#c', '//other.example/x', '/\\\\other.example'])
    assert.equal(pageUrl('http://web.shop.localhost:8001/', path).host, 'web.shop.localhost:8001', path);
});
