/** Helm 4 against the embedded cluster and a real kube-apiserver: the life of a release, with hooks, and what must be refused. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Cluster } from '../../src/client/client.ts';
import { connect, loadKubeconfig } from '../../src/client/client.ts';
import type { Finished } from '../fairlead-process.ts';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { writeChart } from '../one-proxy/workloads.ts';
import { peerPath } from '../peers/build.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

const isBuilt = (['helm', 'etcd', 'kube-apiserver'] as const).every((name) => existsSync(peerPath(name)));
const skip = process.env.CI !== 'true' && !isBuilt && 'Helm or kube-apiserver is not built: run npm run test:interop';
const namespace = 'default';

interface Place extends AsyncDisposable {
  kubeconfig: string;
}

const kinds: Readonly<Record<string, (home: Home) => Promise<Place>>> = {
  'the embedded cluster': async (home) => {
    const running = await RunningFairlead.up(home, '--data=:memory:', '--image=shell=/bin/sh');
    return { kubeconfig: home.kubeconfig, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
  },
  'a real kube-apiserver': (_home) => startRealClusterWithNode({ images: { shell: '/bin/sh' } }),
};

for (const [kind, open] of Object.entries(kinds)) {
  describe(kind, { skip }, () => {
    let home: Home;
    let place: Place;
    let cluster: Cluster;
    let chart: string;

    before(async () => {
      home = await Home.make();
      place = await open(home);
      cluster = await connect({ config: await loadKubeconfig({ path: place.kubeconfig }) });
      chart = await writeChart(home.directory);
    });

    after(async () => {
      await cluster?.[Symbol.asyncDispose]();
      await place?.[Symbol.asyncDispose]();
      await home?.[Symbol.asyncDispose]();
    });

    const run = (...args: string[]): Promise<Finished> =>
      home.run(peerPath('helm'), args, undefined, { KUBECONFIG: place.kubeconfig });

    async function helm(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await run(...args);
      assert.equal(code, 0, `helm ${args.join(' ')}: ${stderr}`);
      return stdout;
    }

    const greeting = async (name: string) =>
      (await cluster.resource('v1', 'ConfigMap').get(name, { namespace })).data?.greeting;
    const podNames = async (): Promise<string[]> =>
      (await cluster.resource('v1', 'Pod').list({ namespace }).toArray()).map(({ metadata }) => metadata.name ?? '');

    test('a release is installed, upgraded, rolled back, tested and uninstalled', async () => {
      assert.match(
        await helm('install', 'one', chart, '--wait'),
        /STATUS: deployed\nREVISION: 1\n[\s\S]*It says hello/,
      );
      const deployments = cluster.resource('apps/v1', 'Deployment');
      // Helm waited.
      assert.equal((await deployments.get('one', { namespace })).status?.readyReplicas, 1);
      const { managedFields = [] } = (await deployments.get('one', { namespace })).metadata;
      assert.ok(managedFields.some(({ manager, operation }) => manager === 'helm' && operation === 'Apply'));

      await helm('upgrade', 'one', chart, '--wait', '--set', 'greeting=again,replicas=2');
      assert.equal(await greeting('one'), 'again');
      assert.equal((await deployments.get('one', { namespace })).status?.readyReplicas, 2);
      assert.match(await helm('get', 'values', 'one'), /greeting: again\nreplicas: 2/);
      assert.match(await helm('get', 'manifest', 'one'), /greeting: "again"/);
      assert.match(await helm('list'), /^one\s+default\s+2\s.*deployed/m);
      assert.match(await helm('status', 'one'), /STATUS: deployed\nREVISION: 2\n[\s\S]*Deployment\nNAME +READY/);

      await helm('rollback', 'one', '1', '--wait');
      assert.equal(await greeting('one'), 'hello');
      assert.equal((await deployments.get('one', { namespace })).spec?.replicas, 1);
      assert.match(await helm('history', 'one'), /superseded[\s\S]*superseded[\s\S]*deployed.*Rollback to 1/);

      assert.match(await helm('test', 'one'), /one-test[\s\S]*Phase: +Succeeded/);
      // Hooks that succeeded are gone.
      assert.deepEqual(
        (await podNames()).filter((name) => /-(?:pre-install|post-upgrade|test)$/.test(name)),
        [],
      );

      await helm('uninstall', 'one', '--wait');
      assert.equal((await helm('list', '-q')).trim(), '');
      const left = await Promise.all([
        deployments.list({ namespace }).toArray(),
        cluster.resource('v1', 'Secret').list({ namespace, labelSelector: 'owner=helm' }).toArray(),
        cluster.resource('rbac.authorization.k8s.io/v1', 'Role').list({ namespace }).toArray(),
      ]);
      assert.deepEqual(left, [[], [], []]);
    });

    test('a hook that fails fails the release', async () => {
      const { code, stderr } = await run('install', 'hooked', chart, '--set', 'hookCode=3', '--timeout=60s');
      assert.equal(code, 1);
      assert.match(stderr, /hooked-pre-install/);
      await assert.rejects(cluster.resource('apps/v1', 'Deployment').get('hooked', { namespace }), { code: 404 });
      await helm('uninstall', 'hooked');
    });

    test('an upgrade that goes wrong is rolled back', async () => {
      await helm('install', 'back', chart, '--wait');
      const { code } = await run(
        ...['upgrade', 'back', chart, '--wait', '--rollback-on-failure', '--timeout=60s'],
        ...['--set', 'greeting=lost,hookCode=3'],
      );
      assert.equal(code, 1);
      assert.equal(await greeting('back'), 'hello');
      assert.match(await helm('history', 'back'), /failed[\s\S]*deployed.*Rollback to 1/);
      await helm('uninstall', 'back', '--wait');
    });

    test('what the schema does not know is refused by its path', async () => {
      const wrong = await run('install', 'wrong', chart, '--set', 'replicas=many');
      assert.equal(wrong.code, 1);
      assert.match(wrong.stderr, /\.spec\.replicas: expected numeric \(int or float\), got string/);
      const template = join(chart, 'templates/workload.yaml');
      const before = await readFile(template, 'utf8');
      await writeFile(template, before.replace('  replicas:', '  replicaz:'));
      const unknown = await run('install', 'unknown', chart);
      await writeFile(template, before);
      assert.equal(unknown.code, 1);
      assert.match(unknown.stderr, /\.spec\.replicaz: field not declared in schema/);
      await helm('uninstall', 'wrong', 'unknown');
    });
  });
}
