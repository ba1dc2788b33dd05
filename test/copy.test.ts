/** `fairlead cp` where kubectl's own outcome hangs on which it hears first, the end of the archive or that of the command. */
import assert from 'node:assert/strict';
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
});
