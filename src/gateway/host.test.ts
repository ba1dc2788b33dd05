import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHost } from './host.ts';

test('host names of services and pods, in every form', () => {
  const service = (name: string, namespace: string, port?: string, alias?: string) => ({
    kind: 'service',
    name,
    namespace,
    port,
    alias,
  });
  const pod = (name: string, namespace: string, alias?: string) => ({
    kind: 'pod',
    name,
    namespace,
    port: undefined,
    alias,
  });
  const cases: [string, unknown][] = [
    ['localhost', { kind: 'api' }],
    ['LOCALHOST:8001', { kind: 'api' }],
    ['[::1]:80', { kind: 'api' }],
    ['web.shop.localhost:8001', service('web', 'shop')],
    ['web.svc.localhost', service('web', 'svc')],
    ['web.shop.svc.localhost', service('web', 'shop')],
    ['http.web.shop.svc.localhost', service('web', 'shop', 'http')],
    ['8080.web.shop.svc.localhost', service('web', 'shop', '8080')],
    ['web.shop.svc.dev.localhost', service('web', 'shop', undefined, 'dev')],
    ['http.web.shop.svc.dev.localhost', service('web', 'shop', 'http', 'dev')],
    ['web-0.shop.pod.localhost', pod('web-0', 'shop')],
    ['web.0.shop.pod.localhost', pod('web.0', 'shop')],
    ['web.0.shop.pod.dev.localhost', pod('web.0', 'shop', 'dev')],
  ];
  for (const [host, expected] of cases) assert.deepEqual(parseHost(host), expected, host);
  for (const host of [
    '',
    'web.localhost',
    'a.b.c.localhost',
    'a.b.c.d.localhost',
    'a.b.c.d.svc.e.localhost',
    'a..b.localhost',
    '.localhost',
    'localhost:0',
    'localhost:99999',
    'localhost:',
    'localhost:80:80',
    'a_b.c.localhost',
    'localhost.localdomain',
    '127.0.0.2',
    '127.1',
    '[::1',
    '::1',
    'a.b.localhost.',
  ]) {
    assert.equal(parseHost(host), undefined, host);
  }
});
