import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { entry } from '../../../test/fairlead-process.ts';
import { openSmallCluster } from '../../../test/small-cluster.ts';

test('a login that worked and fails later is told once on stderr, and again after it has worked', async (t) => {
  await using cluster = await openSmallCluster();
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-login-'));
  t.after(() => rm(directory, { recursive: true }));
  const answer = join(directory, 'answer');
  // It has expired when it comes: every request asks for another one.
  const login = { token: 't', expirationTimestamp: new Date(0).toISOString() };
  const works = JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1',
    status: login,
  });
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: '/bin/cat',
    args: [answer],
    interactiveMode: 'Never',
  };
  const kubeconfig = join(directory, 'config');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'one',
      clusters: [{ name: 'c', cluster: { server: cluster.server } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  await writeFile(answer, works);
  const proxy = spawn(process.execPath, [entry, 'proxy', '--kubeconfig', kubeconfig, '--port=0'], {
    env: { PATH: process.env.PATH, HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => proxy.kill('SIGKILL'));
  const said = text(proxy.stderr);
  const [line] = await once(proxy.stdout, 'data');
  const url = `http://127.0.0.1:${/:(\d+)\n/.exec(String(line))?.[1]}/api`;
  proxy.stdout.resume();
  // What it looks at once of itself needs the login too, and would tell of it.
  while (!cluster.requests.some(({ line }) => line === 'GET /version')) await sleep(5);
  const statuses = async (): Promise<number[]> => [(await fetch(url)).status, (await fetch(url)).status];
  for (let round = 0; round < 2; round++) {
    await writeFile(answer, works);
    assert.deepEqual(await statuses(), [200, 200]);
    await rm(answer);
    assert.deepEqual(await statuses(), [401, 401]);
  }
  proxy.kill('SIGTERM');
  const warnings = (await said).split('\n').filter((each) => each.startsWith('warning: '));
  const warning = `warning: the login to the cluster failed: No credentials from the command "/bin/cat" of user "u" (used by context "one") in ${kubeconfig}: it ended with exit code 1. Log in again with "/bin/cat", then try again: it is run anew.`;
  assert.deepEqual(warnings, [warning, warning]);
});
