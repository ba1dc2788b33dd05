import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KubeObject, startCluster } from 'fairlead/testing';
import { runOperator } from './operator.ts';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

test('a namespace of a team says whose it is, also after it changed hands', async () => {
  await using cluster = await startCluster({ nodes: 0 });
  const stop = new AbortController();
  const operator = runOperator(cluster.client, stop.signal);

  const namespaces = cluster.client.resource('v1', 'namespaces');
  const metadata = { name: 'shop', labels: { team: 'blue' } };
  await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata });

  const maps = cluster.client.resource<ConfigMap>('v1', 'configmaps');
  const seen: (string | undefined)[] = [];
  for await (const { object } of maps.watch({ namespace: 'shop', fieldSelector: 'metadata.name=team' })) {
    seen.push(object.data?.team);
    if (seen.length === 2) break;
    const patch = { metadata: { labels: { team: 'red' } } };
    await namespaces.patch('shop', patch, { type: 'application/merge-patch+json' });
  }
  assert.deepEqual(seen, ['blue', 'red']);

  stop.abort();
  await operator;
});
