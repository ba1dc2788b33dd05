import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Pod, Volume, VolumeMount } from '../../api/types/core-v1.ts';
import type { ClusterObjects, TokenQuery } from '../pods/cluster-objects.ts';
import { PodVolumes } from './pod-volumes.ts';
import { openTokenCache } from './token-cache.ts';

interface Made {
  root: string;
  directory: string;
  data: Record<string, string>;
  queries: TokenQuery[];
  volumes: PodVolumes;
}

async function make(t: TestContext, volumes: Volume[], volumeMounts: VolumeMount[]): Promise<Made> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-volumes-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const container = { name: 'c', volumeMounts };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns', uid: 'u', labels: { b: '2', a: '1' } },
    spec: { containers: [container], volumes, serviceAccountName: 'sa' },
  };
  const data: Record<string, string> = { one: '1', two: '2' };
  const queries: TokenQuery[] = [];
  const objects: ClusterObjects = {
    configMap: async (_, name) =>
      name === 'cm' ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { ...data } } : undefined,
    secret: async (_, name) =>
      name === 's' ? { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { key: 'aGVsbG8=' } } : undefined,
    services: async () => [],
    token: async (query) => {
      queries.push(query);
      return { token: `token-${queries.length}`, expires: new Date(Date.now() + 1000_000) };
    },
  };
  const podVolumes = new PodVolumes({
    pod: () => pod,
    podDirectory: directory,
    facts: {
      objects,
      addresses: { podIP: '127.9.9.9', hostIP: '127.0.0.1' },
      apiServerUrl: 'https://127.0.0.1:1',
      nodeResources: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' },
      token: openTokenCache(objects),
    },
  });
  await podVolumes.materialise();
  const root = await podVolumes.mount(container, { WHO: 'me' });
  return { root, directory, data, queries, volumes: podVolumes };
}

test('files of a ConfigMap appear below the root at their mount path, and change all at once', async (t) => {
  const made = await make(t, [{ name: 'v', configMap: { name: 'cm' } }], [{ name: 'v', mountPath: '/etc/app' }]);
  const at = join(made.root, 'etc/app');
  assert.equal(await readFile(join(at, 'one'), 'utf8'), '1');
  const before = await readlink(join(at, '..data'));
  await made.volumes.materialise();
  assert.equal(await readlink(join(at, '..data')), before, 'nothing changed, so nothing is written');
  delete made.data.one;
  made.data.two = 'changed';
  await made.volumes.materialise();
  assert.deepEqual(
    (await readdir(at)).filter((name) => !name.startsWith('..')),
    ['two'],
  );
  assert.equal(await readFile(join(at, 'two'), 'utf8'), 'changed');
  assert.equal((await readdir(at)).filter((name) => name.startsWith('..version')).length, 1);
});

test('items choose keys, paths and modes', async (t) => {
  const secret = { secretName: 's', items: [{ key: 'key', path: 'deep/file', mode: 0o400 }] };
  const made = await make(t, [{ name: 'v', secret }], [{ name: 'v', mountPath: '/s' }]);
  const file = join(made.root, 's/deep/file');
  assert.equal(await readFile(file, 'utf8'), 'hello');
  assert.equal((await stat(file)).mode & 0o777, 0o400);
});

test('the service account volume: token for this pod alone, CA, namespace', async (t) => {
  const projected: Volume = {
    name: 'kube-api-access',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'cm', items: [{ key: 'one', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
  const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
  const made = await make(t, [projected], [{ name: 'kube-api-access', mountPath }]);
  const at = join(made.root, mountPath);
  assert.equal(await readFile(join(at, 'token'), 'utf8'), 'token-1');
  assert.equal((await stat(join(at, 'token'))).mode & 0o077, 0, 'nobody else may read the token');
  assert.equal(await readFile(join(at, 'ca.crt'), 'utf8'), '1');
  assert.equal(await readFile(join(at, 'namespace'), 'utf8'), 'ns');
  assert.deepEqual(made.queries, [
    { namespace: 'ns', serviceAccount: 'sa', expirationSeconds: 3607, pod: { name: 'p', uid: 'u' } },
  ]);
  await made.volumes.materialise();
  assert.equal(made.queries.length, 1, 'a token is kept while it is young');
});

test('emptyDir, subPath and hostPath', async (t) => {
  const host = await mkdtemp(join(tmpdir(), 'fairlead-host-'));
  t.after(() => rm(host, { recursive: true }));
  await writeFile(join(host, 'file'), 'of the host');
  const made = await make(
    t,
    [
      { name: 'e', emptyDir: {} },
      { name: 'h', hostPath: { path: host, type: 'Directory' } },
    ],
    [
      { name: 'e', mountPath: '/work' },
      { name: 'e', mountPath: '/mine', subPathExpr: 'of-$(WHO)' },
      { name: 'h', mountPath: '/host', readOnly: true },
    ],
  );
  await writeFile(join(made.root, 'mine/x'), 'y');
  assert.equal(await readFile(join(made.root, 'work/of-me/x'), 'utf8'), 'y');
  assert.equal(await readFile(join(made.root, 'host/file'), 'utf8'), 'of the host');
});

test('what is missing or leads out of the volume is refused', async (t) => {
  const mount = [{ name: 'v', mountPath: '/v' }];
  await assert.rejects(make(t, [{ name: 'v', configMap: { name: 'none' } }], mount), /configmap "none" not found/);
  const items = [{ key: 'one', path: '../../escaped' }];
  await assert.rejects(make(t, [{ name: 'v', configMap: { name: 'cm', items } }], mount), /no path inside a volume/);
  const missing = [{ key: 'none', path: 'x' }];
  await assert.rejects(
    make(t, [{ name: 'v', configMap: { name: 'cm', items: missing } }], mount),
    /non-existent config key/,
  );
  const out = [{ name: 'v', mountPath: '/v', subPath: '../out' }];
  await assert.rejects(make(t, [{ name: 'v', emptyDir: {} }], out), /subPath ..\/out leaves its volume/);
  await assert.rejects(make(t, [{ name: 'v', nfs: { server: 's', path: '/' } }], mount), /volume v \(nfs\)/);
  await make(t, [{ name: 'v', configMap: { name: 'none', optional: true } }], mount);
});

test('a subPath is not followed, nor made, through links that lead out of its volume', async (t) => {
  const host = await mkdtemp(join(tmpdir(), 'fairlead-host-'));
  t.after(() => rm(host, { recursive: true }));
  const [path, outside] = [join(host, 'volume'), join(host, 'outside')];
  for (const directory of [path, outside, join(path, 'inside')]) await mkdir(directory);
  await symlink(outside, join(path, 'link'));
  await symlink(join(outside, 'new'), join(path, 'dangling'));
  await symlink('inside', join(path, 'fine'));
  const use = (subPath: string) =>
    make(t, [{ name: 'v', hostPath: { path } }], [{ name: 'v', mountPath: '/v', subPath }]);
  for (const subPath of ['link', 'link/new', 'dangling', 'dangling/new'])
    await assert.rejects(use(subPath), /leads out of its volume by a link/, subPath);
  assert.deepEqual(await readdir(outside), []);
  await use('fine/new');
  assert.deepEqual(await readdir(join(path, 'inside')), ['new']);
});
