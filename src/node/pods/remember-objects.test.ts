import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '../../api/types/core-v1.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { rememberObjects } from './remember-objects.ts';

const settings: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } };

/** Its answer for every ConfigMap can be exchanged. */
function changing() {
  const cluster = { answer: async (): Promise<ConfigMap | undefined> => settings };
  const objects: ClusterObjects = {
    configMap: () => cluster.answer(),
    secret: async () => undefined,
    services: async () => [],
    token: () => Promise.reject(new Error('not asked for')),
  };
  return { cluster, objects: rememberObjects(objects) };
}

test('what was read stands in for a cluster that fails, for that name alone', async () => {
  const { cluster, objects } = changing();
  assert.equal(await objects.configMap('default', 'settings'), settings);
  cluster.answer = () => Promise.reject(new Error('away'));
  assert.equal(await objects.configMap('default', 'settings'), settings);
  await assert.rejects(objects.configMap('default', 'other'), { message: 'away' });
  await assert.rejects(objects.configMap('other', 'settings'), { message: 'away' });
});

test('what is no longer there is not remembered', async () => {
  const { cluster, objects } = changing();
  await objects.configMap('default', 'settings');
  cluster.answer = async () => undefined;
  assert.equal(await objects.configMap('default', 'settings'), undefined);
  cluster.answer = () => Promise.reject(new Error('away'));
  assert.equal(await objects.configMap('default', 'settings'), undefined);
});

test('a cluster that does not answer is not waited for long, and its late answer counts', {
  timeout: 15_000,
}, async () => {
  const { cluster, objects } = changing();
  await objects.configMap('default', 'settings');
  const late = Promise.withResolvers<ConfigMap | undefined>();
  cluster.answer = () => late.promise;
  const keepsRunning = setTimeout(() => {}, 15_000);
  assert.equal(await objects.configMap('default', 'settings'), settings);
  clearTimeout(keepsRunning);
  late.resolve(undefined);
  await late.promise;
  cluster.answer = () => Promise.reject(new Error('away'));
  assert.equal(await objects.configMap('default', 'settings'), undefined);
});
