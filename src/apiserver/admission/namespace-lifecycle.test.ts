import assert from 'node:assert/strict';
import { test } from 'node:test';
import { core, openControlPlane } from '../testing-control-plane.ts';

const configMap = { metadata: { name: 'x' } };

test('nothing is made in a namespace that is not there or is going away', async () => {
  await using cluster = await openControlPlane();
  const missing = await cluster.post('/api/v1/namespaces/nope/configmaps', configMap);
  assert.deepEqual([missing.code, missing.message], [404, 'namespaces "nope" not found']);
  await cluster.post('/api/v1/namespaces', { metadata: { name: 'going' } });
  await cluster.post('/api/v1/namespaces/going/configmaps', configMap);
  await cluster.call('/api/v1/namespaces/going', { method: 'DELETE' });
  const late = await cluster.post('/api/v1/namespaces/going/configmaps', { metadata: { name: 'y' } });
  assert.deepEqual(
    [late.code, late.message, late.details.causes[0]?.reason],
    [
      403,
      'configmaps "y" is forbidden: unable to create new content in namespace going because it is being terminated',
      'NamespaceTerminating',
    ],
  );
  const changed = await cluster.mergePatch('/api/v1/namespaces/going/configmaps/x', { data: { a: 'b' } });
  assert.deepEqual(changed.data, { a: 'b' });
});

test('three namespaces cannot be deleted, and every cluster has four', async () => {
  await using cluster = await openControlPlane();
  for (const name of ['default', 'kube-system', 'kube-public']) {
    const { code, message } = await cluster.call(`/api/v1/namespaces/${name}`, { method: 'DELETE' });
    assert.deepEqual([code, message], [403, `namespaces "${name}" is forbidden: this namespace may not be deleted`]);
  }
  const { items } = await cluster.call('/api/v1/namespaces');
  assert.deepEqual(
    items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ['default', 'kube-node-lease', 'kube-public', 'kube-system'],
  );
  assert.equal((await cluster.call(core.replace('default', 'kube-node-lease'))).status.phase, 'Active');
});
