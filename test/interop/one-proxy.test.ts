/** Everything at once through one `fairlead proxy`, while API servers stop and die and pods are replaced. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { Pod } from '../../src/api/types/core-v1.ts';
import type { Cluster } from '../../src/client/client.ts';
import { connect, loadKubeconfig } from '../../src/client/client.ts';
import { loadWhileServersFail, nothingWasLost, unlessMissing } from '../failover-load.ts';
import { Home } from '../fairlead-process.ts';
import { browserLoad } from '../one-proxy/browser-load.ts';
import { Clients } from '../one-proxy/clients.ts';
import { Happenings, SteadyLoad } from '../one-proxy/steady-load.ts';
import { manifests, namespace, openDatabaseImage, writeChart } from '../one-proxy/workloads.ts';
import { peerPath } from '../peers/build.ts';
import { chromiumPath } from '../peers/chromium.ts';
import { isPostgresInstalled } from '../peers/postgres.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';
import { launchBrowser } from './browser-launch.ts';

const isBuilt = (['kubectl', 'helm', 'etcd', 'kube-apiserver'] as const).every((name) => existsSync(peerPath(name)));
const isReady = isBuilt && isPostgresInstalled() && existsSync('/usr/bin/proxychains4') && chromiumPath() !== undefined;
const skip = process.env.CI !== 'true' && !isReady && 'a part is missing: run npm run test:interop';
const root = resolve(import.meta.dirname, '../..');

/** Deletes the pods of the Deployment one after the other, each when those that took the place of others are Ready. */
async function replacePods(cluster: Cluster, app: string): Promise<number> {
  const pods = cluster.resource('v1', 'Pod');
  const selection = { namespace, labelSelector: `app=${app}` };
  const { spec } = await cluster.resource('apps/v1', 'Deployment').get(app, { namespace });
  // There may be more for a while: a pod whose creation was in doubt when a server died, and one made in its place.
  const before = (await pods.list(selection).toArray()).slice(0, spec?.replicas);
  for (const { metadata } of before) {
    const { name = '', uid } = metadata;
    const seen = new Map<string, Pod>();
    const isReplaced = (): boolean => {
      const others = [...seen.values()].filter((pod) => pod.metadata.uid !== uid);
      return !seen.has(uid ?? '') && others.filter(isPodReady).length === spec?.replicas;
    };
    await pods.delete(name, { namespace }).catch(unlessMissing);
    for await (const { type, object } of pods.watch(selection)) {
      if (type === 'DELETED') seen.delete(object.metadata.uid ?? '');
      else if (type !== 'BOOKMARK') seen.set(object.metadata.uid ?? '', object);
      if (isReplaced()) break;
    }
  }
  return before.length;
}

/** Calls failed only while this happened, and never two in a row but where the database itself was away. */
function hitOnlyBy(load: SteadyLoad, happenings: readonly string[]): void {
  const others = load.failures.filter(({ during }) => !happenings.some((happening) => during.has(happening)));
  assert.deepEqual(others, [], load.summary);
  const away = load.failures.some(({ during }) => during.has('database'));
  assert.ok(away || load.longestStreak <= 1, load.summary);
}

function isPodReady({ metadata, status }: Pod): boolean {
  const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
  return isReady && metadata.deletionTimestamp === undefined;
}

test('a web application, a database, kubectl and Helm go on through one proxy', {
  skip,
  timeout: 600_000,
}, async (t) => {
  await using home = await Home.make();
  await using database = await openDatabaseImage();
  const images = { db: database.command, shell: '/bin/sh' };
  await using real = await startRealClusterWithNode({ servers: 3, images, log: (line) => console.error(line) });
  const kubeconfig = join(home.directory, 'gateway.yaml');
  const child = spawn(
    process.execPath,
    [
      join(root, 'bin/fairlead.ts'),
      'proxy',
      `--kubeconfig=${real.kubeconfig}`,
      '--port=0',
      `--forward=${namespace}/db:5432=0`,
      `--kubeconfig-out=${kubeconfig}`,
    ],
    { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  try {
    const said: string[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => said.push(line));
    const number = async (pattern: RegExp): Promise<number> => {
      for (;;) {
        const found = said.map((line) => pattern.exec(line)?.[1]).find((each) => each !== undefined);
        if (found !== undefined) return Number(found);
        await once(lines, 'line');
      }
    };
    const port = await number(/^Starting to serve on 127\.0\.0\.1:(\d+)$/);
    const databasePort = await number(/^Forwarding localhost:(\d+) to demo\/db:5432$/);
    const clients = new Clients(home, { port, databasePort, kubeconfig });
    await clients.writeSocksSettings();
    await using cluster = await connect({ config: await loadKubeconfig({ path: kubeconfig }) });

    for (const file of ['1-namespace', '2-settings', '3-web'])
      await clients.kubectl(['apply', '-f', join(root, 'examples/demo', `${file}.yaml`)]);
    await clients.kubectl(['apply', '-f', '-'], JSON.stringify(manifests));
    for (const app of ['web', 'db']) await clients.kubectl(['rollout', 'status', `deployment/${app}`]);
    await clients.kubectl(['wait', '--for=condition=Ready', 'pod/shell', '--timeout=60s']);
    await clients.psql('create table rows (id text)');
    await clients.pgbench('-i', '-q');
    t.diagnostic((await clients.pgbench('-c', '4', '-t', '50')).split('\n').find((line) => /^tps/.test(line)) ?? '');

    const chart = await writeChart(home.directory);
    let release = 0;
    const helm = new SteadyLoad('helm install, upgrade, status, uninstall', async () => {
      const name = `journey-${release++}`;
      await clients.helm('install', name, chart, '--wait');
      await clients.helm('upgrade', name, chart, '--wait', '--set', 'greeting=again');
      const status = await clients.helm('status', name);
      assert.match(status, /STATUS: deployed\nREVISION: 2/);
      await clients.helm('uninstall', name, '--wait');
    });
    const loads = clients.loads();
    await using browser = await launchBrowser();
    const tabs = browserLoad(browser, `http://web.${namespace}.localhost:${port}/`);
    const streams = clients.streams();
    const happenings = new Happenings();
    const stop = new AbortController();
    const { signal } = stop;
    const running = [
      ...[...Object.values(loads), helm, tabs].map((load) => load.run(happenings, signal)),
      ...streams.map((stream) => stream.run(signal)),
    ];
    let replaced = 0;
    let replacing = true;
    const replacement = (async () => {
      while (replacing) replaced += await replacePods(cluster, 'web');
    })();
    const report = await loadWhileServersFail(cluster, real.servers, {
      pauseMs: 10,
      onDisturbance: (during) => happenings.set(during),
    });
    replacing = false;
    await replacement;
    happenings.set('database');
    replaced += await replacePods(cluster, 'db');
    happenings.set('none');
    stop.abort();
    await Promise.all(running);
    clients.close();

    for (const each of [...Object.values(loads), helm, tabs, ...streams]) t.diagnostic(each.summary);
    t.diagnostic(`${replaced} pods replaced; ${JSON.stringify(report)}`);

    nothingWasLost(report);
    assert.ok(replaced > 3);
    // A page is asked for again elsewhere, whatever happens.
    assert.deepEqual(loads.pages.failures, []);
    assert.deepEqual(tabs.failures, []);
    // Where nobody knows what became of a form, it is told and not sent again.
    for (const { error } of loads.forms.failures)
      assert.match(error, /^502: .*(?:closed the connection without a response|connection was lost before a response)/);
    // What is on its way through a server that goes is cut; the next try succeeds.
    for (const load of [loads.exec, loads.copy]) hitOnlyBy(load, ['stop', 'kill']);
    for (const load of [loads.rowsByPort, loads.rowsBySocks]) hitOnlyBy(load, ['stop', 'kill', 'database']);
    // A program of many calls each of which goes on when a server stops.
    hitOnlyBy(helm, ['kill']);
    for (const load of [...Object.values(loads), helm, tabs]) assert.ok(load.calls > 1, load.summary);

    const rows = (await clients.psql('select id, count(*) from rows group by id')).trim().split('\n');
    const counts = new Map(rows.map((row) => [row.split('|')[0] ?? '', Number(row.split('|')[1])]));
    assert.ok([...counts.values()].every((count) => count === 1));
    assert.deepEqual(
      [...clients.inserted].filter((row) => !counts.has(row)),
      [],
    );

    for (const stream of streams) {
      // Every server went, and with it all that it carried.
      assert.ok(stream.opened > 1, stream.summary);
      if (!stream.endsInPeace) assert.deepEqual([stream.silentEnds, stream.cuts.length > 0], [0, true], stream.summary);
    }
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
  assert.equal(child.exitCode, 0);
  assert.equal(existsSync(kubeconfig), false);
});
