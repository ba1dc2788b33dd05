import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUnmistakable, parseClusterName } from './cluster-name.ts';

test('services, pods and addresses are named as inside of the cluster', () => {
  const service = { kind: 'service', name: 'web', namespace: 'shop', alias: undefined };
  for (const name of [
    'web.shop',
    'web.shop.svc',
    'WEB.shop.SVC',
    'web.shop.svc.cluster.local',
    'web.shop.svc.cluster.local.',
  ])
    assert.deepEqual(parseClusterName(name), service, name);
  for (const name of ['web.shop.svc.staging', 'web.shop.svc.cluster.local.staging'])
    assert.deepEqual(parseClusterName(name), { ...service, alias: 'staging' }, name);
  const pod = { kind: 'pod', name: 'web-0', namespace: 'shop', alias: undefined };
  for (const name of [
    'web-0.shop.pod',
    'web-0.web.shop.svc',
    'web-0.web.shop.svc.cluster.local',
    'web-0.shop.pod.cluster.local',
  ])
    assert.deepEqual(parseClusterName(name), pod, name);
  assert.deepEqual(parseClusterName('a.b.shop.pod.staging'), { ...pod, name: 'a.b', alias: 'staging' });
  for (const [name, address] of [
    ['10.0.0.1', '10.0.0.1'],
    ['[fd00::1]', 'fd00::1'],
    ['fd00::1', 'fd00::1'],
  ])
    assert.deepEqual(parseClusterName(name ?? ''), { kind: 'address', address });
});

test('nothing else is a name of the cluster', () => {
  for (const name of [
    '',
    '.',
    'web',
    'localhost',
    'www.example.com',
    'web.shop.localhost',
    'web.shop.svc.cluster.example',
    'web.shop.svc.a.b',
    'a.b.c.d.svc',
    'web..svc',
    'web_1.shop.svc',
    'wéb.shop.svc',
    '-web.shop.svc',
    'web.shop.svc ',
    'web.shop\0.svc',
    '10.0.0',
    '0x0a000001',
    '[::1',
    `${'a.'.repeat(130)}svc`,
  ]) {
    assert.equal(parseClusterName(name)?.kind, undefined, name);
  }
});

test('what only a cluster can be called', () => {
  for (const name of ['web.shop.svc', 'web.shop.svc.cluster.local', 'a.shop.pod'])
    assert.ok(isUnmistakable(name), name);
  for (const name of ['example.com', 'web.shop', 'evil.svc.example.com', 'svc.cluster.local', '.svc', '10.0.0.1'])
    assert.ok(!isUnmistakable(name), name);
});
