/** What was acknowledged is there after kill -9; what was left behind by it is ended by the next start. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { identifyProcess } from '../src/lib/process-identity.ts';
import { Home, RunningFairlead } from './fairlead-process.ts';

interface Admin {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

async function adminOf(home: Home): Promise<Admin> {
  const config = parse(await readFile(home.kubeconfig, 'utf8'));
  const decode = (text: string) => Buffer.from(text, 'base64');
  return {
    ca: decode(config.clusters[0].cluster['certificate-authority-data']),
    cert: decode(config.users[0].user['client-certificate-data']),
    key: decode(config.users[0].user['client-key-data']),
  };
}

interface Answer {
  status: number;
  body: string;
}

function call(agent: Agent, url: string, method: string, body?: object): Promise<Answer> {
  return new Promise((settle, fail) => {
    const asked = request(url, { agent, method, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => settle({ status: response.statusCode ?? 0, body: text }));
      response.on('error', fail);
    });
    asked.on('error', fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test('kill -9 in the middle of writes loses none that was acknowledged', async () => {
  await using home = await Home.make();
  const acknowledged: string[] = [];
  let lastVersion = 0;
  for (let round = 0; round < 3; round++) {
    await using cluster = await RunningFairlead.up(home, '--nodes', '0');
    const admin = await adminOf(home);
    const agent = new Agent({ ...admin, keepAlive: true, maxSockets: 16 });
    const collection = `${cluster.apiUrl}/api/v1/namespaces/default/configmaps`;
    let running = true;
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      for (let count = 0; running; count++) {
        const name = `r${round}-w${writer}-${count}`;
        try {
          const { status, body } = await call(agent, collection, 'POST', {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name },
            data: { name },
          });
          assert.equal(status, 201, body);
          acknowledged.push(name);
          lastVersion = Math.max(lastVersion, Number(JSON.parse(body).metadata.resourceVersion));
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          return;
        }
      }
    });
    const before = acknowledged.length;
    while (acknowledged.length < before + 100 + round * 57) await delay(1);
    await cluster.kill();
    running = false;
    await Promise.all(writers);
    agent.destroy();
  }
  await using cluster = await RunningFairlead.up(home, '--nodes', '0');
  const agent = new Agent({ ...(await adminOf(home)), keepAlive: false });
  const list = JSON.parse((await call(agent, `${cluster.apiUrl}/api/v1/namespaces/default/configmaps`, 'GET')).body);
  const kept = new Set(list.items.map((item: { metadata: { name: string } }) => item.metadata.name));
  assert.deepEqual(
    acknowledged.filter((name) => !kept.has(name)),
    [],
  );
  assert.ok(Number(list.metadata.resourceVersion) >= lastVersion);
});

/** Nobody else's, where these tests run twice at once. */
const seconds = String(3600 + process.pid);
const sleeperFlags = ['--image', 'sleeper=/bin/sleep'];

/** Resolves when the pod runs. */
async function waitForSleeper(home: Home, cluster: RunningFairlead): Promise<void> {
  const agent = new Agent({ ...(await adminOf(home)), keepAlive: false });
  for (;;) {
    const { body } = await call(agent, `${cluster.apiUrl}/api/v1/namespaces/default/pods/sleeper`, 'GET');
    const status = JSON.parse(body).status?.containerStatuses?.[0];
    if (status?.state?.running !== undefined) return;
    await delay(20);
  }
}

/** Resolves with the processes that go on when the cluster has been killed: one. */
async function killWithSleeper(home: Home, cluster: RunningFairlead): Promise<number[]> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'sleeper' },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'sleeper', args: [seconds] }] },
  };
  const agent = new Agent({ ...(await adminOf(home)), keepAlive: false });
  // The service account's controller makes the default account a moment after the start.
  const collection = `${cluster.apiUrl}/api/v1/namespaces/default/pods`;
  let created = await call(agent, collection, 'POST', pod);
  while (created.status === 403) {
    await delay(20);
    created = await call(agent, collection, 'POST', pod);
  }
  assert.equal(created.status, 201, created.body);
  await waitForSleeper(home, cluster);
  await cluster.kill();
  const left = await sleepers();
  assert.equal(left.length, 1);
  return left;
}

test('pod processes left behind by kill -9 are ended, and started anew by the next up', async () => {
  await using home = await Home.make();
  await using first = await RunningFairlead.up(home, ...sleeperFlags);
  const left = await killWithSleeper(home, first);
  await using second = await RunningFairlead.up(home, ...sleeperFlags);
  await waitForSleeper(home, second);
  while ((await sleepers()).length !== 1 || (await sleepers())[0] === left[0]) await delay(20);
  await second.stop();
  assert.deepEqual(await sleepers(), []);
});

test('so are those of a cluster in memory, and its scratch directory is gone', async () => {
  await using home = await Home.make();
  await using first = await RunningFairlead.up(home, '--data=:memory:', ...sleeperFlags);
  await killWithSleeper(home, first);
  await using _second = await RunningFairlead.up(home, '--data=:memory:', '--nodes=0');
  assert.deepEqual(await sleepers(), []);
  await assert.rejects(stat(String(first.facts.directory)), { code: 'ENOENT' });
});

test('down ends them too, and removes the directory of a cluster in memory, or every one with --delete', async () => {
  for (const data of ['--data=:memory:', '--data=kept'])
    for (const flags of [[], ['--delete']]) {
      await using home = await Home.make();
      await using cluster = await RunningFairlead.up(home, data, ...sleeperFlags);
      await killWithSleeper(home, cluster);
      const { code, stdout, stderr } = await home.fairlead('down', ...flags);
      assert.equal(code, 0, stderr);
      assert.deepEqual(await sleepers(), [], `${data} ${flags}`);
      const directory = String(cluster.facts.directory);
      const isThere = await stat(directory).then(
        () => true,
        () => false,
      );
      assert.equal(isThere, data === '--data=kept' && flags.length === 0);
      if (flags.length === 0) assert.match(stdout, /^Cluster "default" had been killed: .* \(1 process\) .*\.\n$/);
      else assert.ok(stdout.includes(`Deleted ${directory}.\n`), stdout);
      assert.equal((await home.fairlead('down')).code, 1);
    }
});

/** Processes of this machine that sleep so long for a pod of ours. */
async function sleepers(): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line === `/bin/sleep\0${seconds}\0` && identifyProcess(Number(entry)) !== undefined) found.push(Number(entry));
  }
  return found;
}
