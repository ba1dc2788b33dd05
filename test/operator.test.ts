/** The operator of docs/client.md, on the embedded cluster. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { connect } from 'fairlead/client';
import type { Deployment } from 'fairlead/client/types/apps-v1';
import { runOperator } from '../examples/operator/operator.ts';
import { startCluster } from '../src/cluster.ts';

const root = resolve(import.meta.dirname, '..');
const namespace = 'default';

test('makes what is described, puts back what others change, and what it made goes with its owner', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-operator-'));
  t.after(() => rm(directory, { recursive: true }));
  await using embedded = await startCluster({
    name: 'operator',
    directory,
    storage: 'memory',
    apiPort: 0,
    gatewayPort: 0,
    nodes: 0,
    images: new Map(),
    log: (line) => console.error(line),
  });
  const { caPem, certPem, keyPem } = embedded.admin;
  const tls = { ca: caPem, cert: certPem, key: keyPem };
  await using cluster = await connect({ config: { server: embedded.apiUrl, namespace, tls } });
  const stop = new AbortController();
  const running = runOperator(cluster, stop.signal);

  const maps = cluster.resource('v1', 'ConfigMap');
  const deployments = cluster.resource('apps/v1', 'Deployment');
  /** The deployment as soon as it is as wanted; undefined stands for its absence. */
  const until = async (isWanted: (deployment: Deployment | undefined) => boolean): Promise<void> => {
    for await (const { type, object } of deployments.watch({ namespace })) {
      if (isWanted(type === 'DELETED' ? undefined : object)) return;
    }
  };

  await maps.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shop', labels: { 'example.com/site': '' } },
    data: { image: 'web:1', replicas: '2' },
  });
  await until((deployment) => deployment?.spec?.replicas === 2);
  await maps.patch('shop', { data: { image: 'web:2' } });
  await until((deployment) => deployment?.spec?.template.spec?.containers[0]?.image === 'web:2');
  const changed = await deployments.patch('shop', { spec: { replicas: 9 } });
  await until(
    (deployment) =>
      deployment?.spec?.replicas === 2 && (deployment.metadata.generation ?? 0) > (changed.metadata.generation ?? 0),
  );

  await maps.patch('shop', { data: { replicas: 'many' } });
  for await (const { object } of cluster.resource('v1', 'Event').watch({ namespace })) {
    if (object.reason !== 'InvalidSite') continue;
    assert.equal(object.message, 'data.replicas must be a whole number, not "many"');
    break;
  }
  await maps.delete('shop');
  await until((deployment) => deployment === undefined);
  stop.abort();
  await running;
});

test('what the guide shows is code of examples/, word for word', async () => {
  const flat = (code: string) =>
    code
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join('\n');
  const sources: string[] = [];
  for (const folder of ['examples/operator', 'examples/client', 'examples/tunnel']) {
    for (const file of await readdir(join(root, folder)))
      sources.push(flat(await readFile(join(root, folder, file), 'utf8')));
  }
  const guide = await readFile(join(root, 'docs/client.md'), 'utf8');
  const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  assert.ok(blocks.length > 8);
  for (const block of blocks)
    assert.ok(
      sources.some((source) => source.includes(flat(block))),
      `not in examples/:\n${block}`,
    );
});
