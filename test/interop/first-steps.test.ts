/**
 * The shell lines by which Kubernetes' own documentation leads to a cluster, word for word: by the real kubectl, and by Fairlead under
 * that name.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Finished, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';

const skip = existsSync(peerPath('kubectl')) ? false : 'kubectl is not built: run npm run test:interop';
const fairlead = resolve(import.meta.dirname, '../../fairlead');

let home: Home;
let cluster: RunningFairlead;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--data=:memory:', '--account-tokens', '--image=nginx=/bin/true');
  const kubectl = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await home.run(peerPath('kubectl'), args);
    assert.equal(code, 0, stderr);
  };
  await kubectl('create', 'deployment', 'nginx', '--image=fairlead.local/echo', '--port=8080');
  await kubectl('expose', 'deployment', 'nginx', '--port=80', '--target-port=8080');
  await kubectl('rollout', 'status', 'deployment/nginx', '--timeout=60s');
  // Pods are available a little before the Service leads to them.
  await kubectl('wait', 'ep/nginx', '--for=create', '--timeout=30s');
  await kubectl('wait', 'ep/nginx', '--for=jsonpath={.subsets[0].addresses[0].ip}', '--timeout=30s');
  // One controller makes it, another one fills it; kubectl waits for none of a list that is empty.
  for (let secrets = ''; secrets === ''; ) {
    secrets = (await home.run(peerPath('kubectl'), ['get', 'secrets', '-o', 'name'])).stdout;
  }
  await kubectl('wait', 'secret', '--all', '--for=jsonpath={.data.token}', '--timeout=30s');
  for (const [name, target] of [
    ['theirs', peerPath('kubectl')],
    ['ours', fairlead],
  ] as const) {
    await mkdir(join(home.directory, name));
    await symlink(target, join(home.directory, name, 'kubectl'));
  }
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

for (const [name, folder] of [
  ['the real kubectl', 'theirs'],
  ['fairlead named kubectl', 'ours'],
] as const) {
  describe(`first steps with ${name}`, { skip }, () => {
    /** Runs the lines in one shell in which `kubectl` is the program that is meant. */
    async function shell(...lines: readonly string[]): Promise<Finished> {
      const file = join(home.directory, `${folder}.sh`);
      await writeFile(file, `PATH=${join(home.directory, folder)}:$PATH\n${lines.join('\n')}\n`);
      return home.run('bash', [file]);
    }

    test('kubectl config view', async () => {
      const { code, stdout } = await shell('kubectl config view');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`server: ${cluster.apiUrl}`));
      assert.match(stdout, /client-key-data: (?:DATA\+OMITTED|REDACTED)/);
    });

    test('kubectl cluster-info', async () => {
      const { code, stdout } = await shell('kubectl cluster-info');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`is running at .*${cluster.apiUrl}`));
    });

    test('a proxy on a port of its own, and curl', async () => {
      // The documented port may be taken on this machine; the lines are otherwise as they are.
      const { stdout, stderr } = await shell(
        `kubectl proxy --port=0 > ${folder}.out &`,
        `while ! grep -q "Starting to serve" ${folder}.out; do sleep 0.05; done`,
        `PORT=$(grep 'Starting to serve' ${folder}.out | cut -f2 -d':')`,
        'curl -s http://localhost:$PORT/api/',
        'curl -s http://127.0.0.1:$PORT/api/v1/namespaces/default/services/nginx/proxy/',
        'kill %1; wait',
      );
      assert.match(stdout, /"versions": ?\[\s*"v1"\s*\]/, stderr);
      assert.match(stdout, /serverAddressByClientCIDRs/);
      assert.match(stdout, /nginx-/);
    });

    test('the token of the default service account out of its Secret, and curl with it', async () => {
      const { stdout, stderr } = await shell(
        `APISERVER=$(kubectl config view | grep server | cut -f 2- -d ":" | tr -d " ")`,
        `TOKEN=$(kubectl describe secret $(kubectl get secrets | grep default | cut -f1 -d ' ') | grep -E '^token' | cut -f2 -d':' | tr -d '\\t')`,
        'curl $APISERVER/api --header "Authorization: Bearer $TOKEN" --insecure',
      );
      assert.match(stdout, /"kind": ?"APIVersions"/, stderr);
      assert.match(stdout, /"serverAddressByClientCIDRs"/);
    });

    test('config view shows no token to those who look for one', async () => {
      const { stdout } = await shell(
        `TOKEN=$(kubectl config view | grep token | cut -f 2 -d ":" | tr -d " ")`,
        'echo "[$TOKEN]"',
      );
      assert.match(stdout, /^\[(?:REDACTED)?\]\n$/);
    });
  });
}
