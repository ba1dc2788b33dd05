/** `fairlead run --attach`: what a program writes while one is being attached to it is told once, wherever one comes in. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { entry, Home, RunningFairlead } from './fairlead-process.ts';
import { CuttableLine } from './reach/cuttable-line.ts';
import { rights } from './rights.ts';

/** `fairlead run NAME -q` of a script, with these flags besides. */
function start(home: Home, name: string, script: string, ...flags: readonly string[]) {
  const args = [entry, 'run', name, '--image=shell', '--restart=Never', '-q', ...flags, '--', '-c', script];
  return spawn(process.execPath, args, { env: home.env, cwd: home.directory, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('a program that writes from its first moment on is told whole, several at once', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const numbers = Array.from({ length: 300 }, (_, number) => `${number}\n`).join('');
  const count = 'i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); sleep 0.001; done';
  const run = async (name: string, ...flags: string[]) => {
    // To one that has ended nobody can be attached any more.
    const go = join(home.directory, name);
    const child = start(home, name, `${count}; until [ -e ${go} ]; do sleep 0.05; done; exit 5`, '--rm', ...flags);
    const closed = once(child, 'close');
    const told = text(child.stderr);
    let stdout = '';
    for await (const chunk of child.stdout) {
      stdout += chunk;
      if (stdout.endsWith('\n299\n')) await writeFile(go, '');
    }
    const [stderr, [code]] = await Promise.all([told, closed]);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 5, stdout: numbers, stderr: `pod default/${name} terminated (Error)\n` },
    );
  };
  await Promise.all(['one', 'two', 'three'].map((name) => run(name, '--attach')));
  await Promise.all(['four', 'five', 'six'].map((name) => run(name, '-i')));
});

test('a program that writes more at once than is kept is told once', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const go = join(home.directory, 'go');
  const run = start(home, 'one', `seq 100000; until [ -e ${go} ]; do sleep 0.05; done; echo end`, '--rm', '--attach');
  const closed = once(run, 'close');
  let stdout = '';
  for await (const chunk of run.stdout) {
    stdout += chunk;
    if (stdout.endsWith('\n100000\n')) await writeFile(go, '');
  }
  assert.equal((await closed)[0], 0);
  assert.equal(stdout, `${Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('')}end\n`);
});

test('a program that repeats itself is told whole too', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const go = join(home.directory, 'go');
  const script = `echo again; until [ -e ${go} ]; do sleep 0.05; done; echo again; sleep 0.7; echo again >&2; echo again`;
  const run = start(home, 'one', script, '--rm', '--attach');
  await once(run.stdout, 'readable');
  await writeFile(go, '');
  const [stdout, stderr, [code]] = await Promise.all([text(run.stdout), text(run.stderr), once(run, 'close')]);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'again\n'.repeat(3), stderr: 'again\n' });
});

test('without the right to read the log that is said, and what comes is told', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const rules = [{ apiGroups: [''], resources: ['pods', 'pods/attach'], verbs: ['create', 'get', 'list', 'watch'] }];
  const applied = await home.runFairlead(
    ['apply', '-f', '-'],
    rights('maker', rules)
      .map((one) => JSON.stringify(one))
      .join('\n---\n'),
  );
  assert.equal(applied.code, 0, applied.stderr);
  const go = join(home.directory, 'go');
  const script = `until [ -e ${go} ]; do sleep 0.05; done; echo late`;
  const run = start(home, 'one', script, '--attach', '--as=maker');
  // It is attached when it says that it cannot read the log.
  const told = once(run.stderr, 'readable').then(() => writeFile(go, ''));
  const closed = once(run, 'close');
  await told;
  const [stdout, stderr, [code]] = await Promise.all([text(run.stdout), text(run.stderr), closed]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'late\n');
  assert.match(
    stderr,
    /^warning: what pod\/one wrote before may be missing \(.*pods\/log.*\): fairlead logs one -n default\n$/,
  );
});

test('an attachment that breaks off is told, with where the rest is, and the exit code is waited for', async () => {
  await using home = await Home.make();
  await using running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const apiPort = Number(new URL(running.apiUrl).port);
  const line = await CuttableLine.open(apiPort, 0);
  const go = join(home.directory, 'go');
  const script = `echo begun; until [ -e ${go} ]; do sleep 0.05; done; echo ended; exit 5`;
  const run = start(home, 'one', script, '--attach', `--server=https://127.0.0.1:${line.port}`);
  const closed = once(run, 'close');
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) run[name].on('data', (chunk) => (said[name] += String(chunk)));
  // What the log tells is told once it is attached.
  while (said.stdout === '') await once(run.stdout, 'data');
  await line.cut();
  const again = await CuttableLine.open(apiPort, line.port);
  while (!said.stderr.includes('\n')) await once(run.stderr, 'data');
  await writeFile(go, '');
  const [code] = await closed;
  await again.cut();
  const { stdout, stderr } = said;
  assert.deepEqual({ code, stdout }, { code: 5, stdout: 'begun\n' });
  assert.match(
    stderr,
    /^warning: the attachment to pod\/one broke off \(.*\), what it wrote since is in its log: fairlead logs one -n default\n/,
  );
});
