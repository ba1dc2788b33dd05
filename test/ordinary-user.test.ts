/** Everything as a user who is not root: a copy of the program, a home, a cluster with a running pod. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect } from 'fairlead/client';

const root = resolve(import.meta.dirname, '..');
/** "nobody" by custom; needs no entry in the user table. */
const uid = 65534;
const skip = process.getuid?.() === 0 ? false : 'these tests run as an ordinary user already';

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function finish(child: ReturnType<typeof spawn>): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

test('an ordinary user runs a cluster with the sample application', { skip, timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-user-'));
  try {
    // The checkout may lie where others cannot look, so the user gets a copy that only root may write.
    const program = join(directory, 'program');
    const packages = ['yaml', 'ws', '@lydell'].map((name) => join('node_modules', name));
    for (const part of ['bin', 'src', 'examples', 'package.json', ...packages]) {
      await cp(join(root, part), join(program, part), { recursive: true });
    }
    await cp(process.execPath, join(program, 'node'));
    execFileSync('chmod', ['-R', 'a+rX', directory]);
    await chmod(directory, 0o755);
    const home = join(directory, 'home');
    await mkdir(home);
    await chown(home, uid, uid);

    const fairlead = (...args: string[]) =>
      finish(
        spawn(join(program, 'node'), [join(program, 'bin/fairlead.ts'), ...args], {
          uid,
          gid: uid,
          cwd: home,
          env: { PATH: process.env.PATH ?? '', HOME: home },
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      );

    const up = await fairlead('up', '--detach', '--demo', '--api-port=0', '--gateway-port=0', '-o', 'json');
    assert.equal(up.code, 0, up.stderr);
    const facts = JSON.parse(up.stdout);
    const owner = (await stat(`/proc/${facts.pid}`)).uid;
    const pods = await fairlead('get', 'pods', '-n', 'demo');
    const status = await fairlead('status');
    const kubeconfig = join(home, '.kube/config');
    const [mode, text] = [(await stat(kubeconfig)).mode & 0o777, await readFile(kubeconfig, 'utf8')];
    const key = await stat(join(home, '.local/share/fairlead/default/pki/ca.key'));
    const inTerminal = await commandInTerminal(kubeconfig).catch(String);
    const down = await fairlead('down', '--delete');
    assert.equal(owner, uid);
    assert.deepEqual(inTerminal, { output: `33 91\r\n${uid}\r\n`, exitCode: 3 });
    assert.match(pods.stdout, /web-\S+ +1\/1 +Running/);
    assert.equal(status.code, 0);
    assert.equal(mode, 0o600);
    assert.match(text, /current-context: fairlead/);
    assert.equal(key.mode & 0o777, 0o600);
    assert.equal(down.code, 0, down.stderr);
    await assert.rejects(stat(join(home, '.local/share/fairlead/default')));

    await mkdir(join(directory, 'roots'), { mode: 0o755 });
    const refused = await fairlead('up', '--data', join(directory, 'roots/data'));
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^error: cannot use the data directory .*roots\/data \(permission denied\): choose another with --data\n$/,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

/** A command in a pod of the sample application, in a terminal that is the user's own. */
async function commandInTerminal(kubeconfig: string): Promise<{ output: string; exitCode: number }> {
  await using cluster = await connect({ path: kubeconfig });
  const [pod] = await Array.fromAsync(cluster.resource('v1', 'Pod').list({ namespace: 'demo' }));
  // It may begin before its size has come, where that took long.
  const script = `until [ "$(stty size)" = '33 91' ]; do :; done; stty size; id -u; test -O "$(tty)" && exit 3`;
  const session = await cluster.pod('demo', pod?.metadata.name ?? '').exec(['sh', '-c', script], { tty: true });
  session.resize({ columns: 91, rows: 33 });
  session.stderr.resume();
  return { output: await text(session.stdout), exitCode: await session.exitCode };
}
