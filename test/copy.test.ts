/** `fairlead cp`: names of any bytes, and where kubectl's own outcome hangs on what it hears first, the end of the archive or of the command. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';

test('what is not in the container is told, and fails the copy with the exit code of tar', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:');
  const steps = [
    ['run', 'pair', '--image=fairlead.local/echo'],
    ['wait', 'pod/pair', '--for=condition=Ready', '--timeout=30s'],
  ];
  for (const step of steps) {
    const { code, stderr } = await home.fairlead(...step);
    assert.equal(code, 0, stderr);
  }
  const from = await home.fairlead('cp', 'pair:nothing', 'copied');
  assert.equal(from.code, 2);
  assert.match(from.stderr, /^error: tar: nothing: /);
  const to = await home.fairlead('cp', home.kubeconfig, 'pair:/nonexistdir/x/y');
  assert.equal(to.code, 2);
  assert.match(to.stderr, /^error: tar: \/nonexistdir\/x: /);

  // There and back, with names that are no UTF-8, which two of differ in that alone.
  const here = join(home.directory, 'names');
  const there = join(home.directory, 'there');
  await mkdir(here);
  const names = ['a\xfeb', 'a\xffb', '\xff\xfe'];
  for (const name of names) await writeFile(Buffer.from(join(here, name), 'latin1'), Buffer.from(name, 'latin1'));
  for (const step of [
    ['cp', here, `pair:${there}`],
    ['cp', `pair:${there}`, join(home.directory, 'back')],
  ]) {
    const { code, stderr } = await home.fairlead(...step);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
  }
  execFileSync('diff', ['-r', here, join(home.directory, 'back')]);
});
