/** Completion in real shells, on terminals of their own, with the names of a real cluster. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Home, RunningFairlead } from '../fairlead-process.ts';

const root = resolve(import.meta.dirname, '../..');
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const skip = has('script') ? false : 'script is not installed (on Debian: bsdutils)';

let home: Home;
let cluster: RunningFairlead;

before(async () => {
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--data=:memory:', '--nodes=0');
  const { code, stderr } = await home.run(process.execPath, ['-e', createObjects, home.kubeconfig]);
  assert.equal(code, 0, stderr);
  await mkdir(bin());
  await writeFile(join(bin(), 'fairlead'), noting, { mode: 0o755 });
});

const bin = () => join(home.directory, 'bin');
const answersFile = () => join(home.directory, 'answers');

/** Fairlead, which notes of each completion whether it offered something. */
const noting = `#!/bin/sh
[ "$1" = __complete ] || exec '${root}/fairlead' "$@"
answer=$('${root}/fairlead' "$@")
printf '%s\\n' "$answer"
case $answer in :*) echo nothing ;; *) echo something ;; esac >>"$HOME/answers"
`;

async function answers(): Promise<string[]> {
  const noted = await readFile(answersFile(), 'utf8').catch(() => '');
  return noted.split('\n').slice(0, -1);
}

const createObjects = `
  import { connect } from ${JSON.stringify(import.meta.resolve('fairlead/client'))};
  await using cluster = await connect({ path: process.argv[1] });
  await cluster.resource('v1', 'Namespace').create({ metadata: { name: 'lighthouse' } });
  await cluster.resource('v1', 'ConfigMap').create({ metadata: { name: 'beam-settings', namespace: 'lighthouse' }, data: {} });
`;

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

/** An interactive shell; what it shows, without the movements of the cursor. */
class Shell implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;
  #shown = '';
  #changed = Promise.withResolvers<void>();

  /** Killed where the test has failed by its signal. */
  constructor(command: string, signal: AbortSignal) {
    this.#child = spawn('script', ['-qfec', command, '/dev/null'], {
      env: { ...home.env, PATH: `${bin()}:${home.env.PATH}`, TERM: 'dumb', PS1: '$ ' },
      cwd: home.directory,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#child.kill('SIGKILL'));
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text.replace(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[=>]|\u0007/g, '');
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Types this and presses Tab; again, as a user would, where nothing was offered: a busy machine was too slow for who waits. */
  async completes(keys: string, pattern: RegExp): Promise<void> {
    this.type(keys);
    while ((await this.tab()) === 'nothing');
    await this.until(pattern);
  }

  /** Resolves with what was offered: something or nothing. */
  async tab(): Promise<string | undefined> {
    const { length } = await answers();
    this.type('\t');
    for (;;) {
      const noted = await answers();
      if (noted.length > length) return noted.at(-1);
      await delay(20, undefined, { signal: this.#signal });
    }
  }

  /** Resolves when the pattern is shown after what was shown when it was asked last. */
  async until(pattern: RegExp): Promise<void> {
    for (;;) {
      const found = pattern.exec(this.#shown);
      if (found !== null) {
        this.#shown = this.#shown.slice(found.index + found[0].length);
        return;
      }
      await this.#changed.promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

const shells = [
  { name: 'bash', command: 'bash --norc -i', load: 'source <(fairlead completion bash)' },
  {
    name: 'zsh',
    command: 'zsh -f -i',
    load: 'unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source <(fairlead completion zsh)',
  },
  { name: 'fish', command: 'fish --no-config -i', load: 'fairlead completion fish | source' },
];

for (const { name, command, load } of shells) {
  const missing = has(name) ? skip : `${name} is not installed (on Debian: apt-get install ${name})`;
  test(`${name} completes commands, flags and names of the cluster`, { skip: missing, timeout: 60_000 }, async (t) => {
    await using shell = new Shell(command, t.signal);
    // In two pieces, so that it is not what was typed that is found.
    shell.type(`${load}; echo rea''dy\n`);
    await shell.until(/ready\r?\n/);
    await shell.completes('fairlead cluster-i', /cluster-info /);
    await shell.completes('\u0015fairlead get configm', /configmaps /);
    await shell.completes('-n light', /lighthouse /);
    await shell.completes('beam', /beam-settings/);
    shell.type('\u0015fairlead get cm/beam');
    await shell.tab();
    await shell.completes('\u0015fairlead get cm --namespace=li', /--namespace=lighthouse/);
    await shell.completes('b', /beam-settings/);
  });
}

test('what does not answer, or may not run, is silent', async () => {
  const complete = (...words: string[]) => home.fairlead('__complete', ...words);
  for (const words of [
    ['--kubeconfig', '/nonexistent', 'get', ''],
    ['--server', 'https://127.0.0.1:1', 'get', 'pods', ''],
    ['get', '--nonsense', '-n', 'nowhere', 'pods', 'x'],
    ['frobnicate', ''],
  ]) {
    assert.deepEqual(await complete(...words), { code: 0, stdout: ':4\n', stderr: '' });
  }
  assert.match((await complete('get', 'pods', '--')).stdout, /^--all-namespaces\tin every namespace$/m);
  assert.match((await complete('up', '--data', '')).stdout, /^:16$/m);
});
