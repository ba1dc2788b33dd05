import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReachTarget } from './target.ts';

const service = (name: string, namespace?: string, port?: string) => ({ kind: 'service', name, namespace, port });

test('every form of a target', () => {
  const cases: [text: string, target: object][] = [
    ['web', service('web')],
    ['web:http', service('web', undefined, 'http')],
    ['web.shop:80', service('web', 'shop', '80')],
    ['web.shop.svc', service('web', 'shop')],
    ['web.shop.svc.cluster.local:80', service('web', 'shop', '80')],
    ['shop/web', service('web', 'shop')],
    ['svc/web', service('web')],
    ['service/web.shop', service('web', 'shop')],
    ['pod/web-0:8080', { kind: 'pod', name: 'web-0', namespace: undefined, port: '8080' }],
    ['pod/a.b', { kind: 'pod', name: 'a.b', namespace: undefined, port: undefined }],
    ['sts/db', { kind: 'workload', type: 'statefulsets', name: 'db', namespace: undefined, port: undefined }],
    ['localhost:15432', { kind: 'local', port: 15432 }],
    ['[::1]:80', { kind: 'local', port: 80 }],
    ['10.0.0.1:80', { kind: 'address', address: '10.0.0.1', port: '80' }],
    ['http://[fd00::1]:81/', { kind: 'address', address: 'fd00::1', port: '81' }],
    ['http://web.shop.svc.cluster.local:8080/x', service('web', 'shop', '8080')],
  ];
  for (const [text, target] of cases) assert.deepEqual(parseReachTarget(text), target, text);
  for (const text of ['http://ui.web.shop.svc.staging.localhost:8001/x', 'ui.web.shop.svc.staging.localhost:8001']) {
    const found = parseReachTarget(text);
    assert.ok(found.kind === 'gateway', text);
    assert.deepEqual([found.url.port, found.alias, found.target], ['8001', 'staging', service('web', 'shop', 'ui')]);
  }
});

test('what is of no form is refused', () => {
  for (const text of ['', 'a/b/c', 'web.shop.com', 'https://example.com/', 'Web', 'web:', 'localhost:0', 'http://']) {
    assert.throws(() => parseReachTarget(text), { name: 'UsageError' }, text);
  }
});
