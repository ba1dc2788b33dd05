/** `fairlead run --attach`: what a program writes while one is being attached to it is told once, wherever one comes in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';

test('a program that writes from its first moment on is told whole, several at once', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const numbers = Array.from({ length: 300 }, (_, number) => `${number}\n`).join('');
  const count = 'i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); sleep 0.001; done; exit 5';
  const run = async (name: string, ...flags: string[]) => {
    const args = ['run', name, '--image=shell', '--restart=Never', '-q', '--rm', ...flags, '--', '-c', count];
    const { code, stdout, stderr } = await home.fairlead(...args);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 5, stdout: numbers, stderr: `pod default/${name} terminated (Error)\n` },
    );
  };
  await Promise.all(['one', 'two', 'three'].map((name) => run(name, '--attach')));
  await Promise.all(['four', 'five', 'six'].map((name) => run(name, '-i')));
});

test('a program that repeats itself is told whole too', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const script = 'echo again; sleep 1; echo again; sleep 0.7; echo again >&2; echo again';
  const { code, stdout, stderr } = await home.fairlead(
    ...['run', 'one', '--image=shell', '--restart=Never', '-q', '--rm', '--attach', '--', '-c', script],
  );
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'again\n'.repeat(3), stderr: 'again\n' });
});

test('without the right to read the log that is said, and what comes is told', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  const rules = [{ apiGroups: [''], resources: ['pods', 'pods/attach'], verbs: ['create', 'get', 'list', 'watch'] }];
  const rights = [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'maker' }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'maker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'maker' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'maker' }],
    },
  ];
  const applied = await home.runFairlead(
    ['apply', '-f', '-'],
    rights.map((one) => JSON.stringify(one)).join('\n---\n'),
  );
  assert.equal(applied.code, 0, applied.stderr);
  const { code, stdout, stderr } = await home.fairlead(
    ...['run', 'one', '--image=shell', '--restart=Never', '-q', '--attach', '--as=maker'],
    ...['--', '-c', 'sleep 2; echo late'],
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'late\n');
  assert.match(
    stderr,
    /^warning: what pod\/one wrote before may be missing \(.*pods\/log.*\): fairlead logs one -n default\n$/,
  );
});
