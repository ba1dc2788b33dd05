import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyPrefix } from '../storage/keys.ts';
import { openMemoryStorage } from '../storage/memory.ts';
import type { Storage } from '../storage/storage.ts';
import { bootstrapObjects, publishApiServer } from './bootstrap.ts';

const now = new Date('2026-01-02T03:04:05.678Z');

async function all(storage: Storage, group: string, resource: string) {
  const { entries } = await storage.list({ prefix: keyPrefix({ group, resource }) });
  return entries.map(({ value }) => JSON.parse(Buffer.from(value).toString('utf8')));
}

test('an empty store gets namespaces, roles and bindings; a second start writes nothing', async () => {
  await using storage = openMemoryStorage();
  await bootstrapObjects(storage, { clientCa: 'PEM', now });
  const [first] = await all(storage, '', 'namespaces');
  assert.deepEqual(first.metadata.labels, { 'kubernetes.io/metadata.name': 'default' });
  assert.equal(first.metadata.creationTimestamp, '2026-01-02T03:04:05Z');
  const roles = await all(storage, 'rbac.authorization.k8s.io', 'clusterroles');
  const names = roles.map(({ metadata }) => metadata.name);
  for (const name of [
    'admin',
    'cluster-admin',
    'edit',
    'system:basic-user',
    'system:discovery',
    'system:node',
    'view',
  ]) {
    assert.ok(names.includes(name), name);
  }
  const bindings = await all(storage, 'rbac.authorization.k8s.io', 'clusterrolebindings');
  for (const { roleRef } of bindings) assert.ok(names.includes(roleRef.name), roleRef.name);
  const [map] = await all(storage, '', 'configmaps');
  assert.deepEqual(map.data, { 'client-ca-file': 'PEM' });
  const revision = await storage.currentRevision();
  await bootstrapObjects(storage, { clientCa: 'PEM', now: new Date() });
  assert.equal(await storage.currentRevision(), revision);
});

test('the kubernetes Service follows the address where the API server listens, and keeps its identity', async () => {
  await using storage = openMemoryStorage();
  const publish = (port: number) => publishApiServer(storage, { address: '127.0.0.1', port }, now);
  await publish(6443);
  const [before] = await all(storage, '', 'services');
  const revision = await storage.currentRevision();
  await publish(6443);
  assert.equal(await storage.currentRevision(), revision);
  await publish(7443);
  const [after] = await all(storage, '', 'services');
  assert.equal(after.metadata.uid, before.metadata.uid);
  assert.deepEqual([after.spec.clusterIP, after.spec.ports[0].targetPort], ['10.96.0.1', 7443]);
  const [endpoints] = await all(storage, '', 'endpoints');
  assert.deepEqual(endpoints.subsets, [
    { addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port: 7443, protocol: 'TCP' }] },
  ]);
  const [slice] = await all(storage, 'discovery.k8s.io', 'endpointslices');
  assert.deepEqual(
    [slice.addressType, slice.ports[0].port, slice.endpoints[0].addresses],
    ['IPv4', 7443, ['127.0.0.1']],
  );
});
