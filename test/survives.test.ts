/** What was acknowledged is there after kill -9; what was left behind by it is ended by the next start. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
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

test('pod processes left behind by kill -9 are ended, and started anew by the next up', async () => {
  await using home = await Home.make();
  const flags = ['--image', 'sleeper=/bin/sleep'];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'sleeper' },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'sleeper', args: ['3600'] }] },
  };
  await using first = await RunningFairlead.up(home, ...flags);
  const running = async (cluster: RunningFairlead, restarts: number): Promise<void> => {
    const agent = new Agent({ ...(await adminOf(home)), keepAlive: false });
    for (;;) {
      const { body } = await call(agent, `${cluster.apiUrl}/api/v1/namespaces/default/pods/sleeper`, 'GET');
      const status = JSON.parse(body).status?.containerStatuses?.[0];
      if (status?.state?.running !== undefined && status.restartCount >= restarts) return;
      await delay(20);
    }
  };
  const agent = new Agent({ ...(await adminOf(home)), keepAlive: false });
  // The service account's controller makes the default account a moment after the start.
  const collection = `${first.apiUrl}/api/v1/namespaces/default/pods`;
  let created = await call(agent, collection, 'POST', pod);
  while (created.status === 403) {
    await delay(20);
    created = await call(agent, collection, 'POST', pod);
  }
  assert.equal(created.status, 201, created.body);
  await running(first, 0);
  const left = (await sleepers()).map((pid) => identifyProcess(pid));
  assert.equal(left.length, 1);
  await first.kill();

  await using second = await RunningFairlead.up(home, ...flags);
  await running(second, 0);
  while ((await sleepers()).length !== 1 || (await sleepers())[0] === left[0]?.pid) await delay(20);
  await second.stop();
  assert.deepEqual(await sleepers(), []);
});

/** Processes of this machine that run `sleep 3600` for a pod of ours. */
async function sleepers(): Promise<number[]> {
  const { readdir } = await import('node:fs/promises');
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line === '/bin/sleep\u00003600\u0000' && identifyProcess(Number(entry)) !== undefined)
      found.push(Number(entry));
  }
  return found;
}
