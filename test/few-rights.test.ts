/** Commands of users whose rights are enough for what they asked, or for a part of it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';
import { rights } from './rights.ts';

let home: Home;
let running: RunningFairlead;
before(async () => {
  home = await Home.make();
  running = await RunningFairlead.up(home, '--data=:memory:');
  const objects = [
    ...rights('reader', [{ apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list'] }]),
    ...rights('maker', [{ apiGroups: [''], resources: ['pods', 'pods/attach'], verbs: ['create', 'get'] }]),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { a: 'b' } },
  ];
  const applied = await home.runFairlead(
    ['apply', '-f', '-'],
    objects.map((one) => JSON.stringify(one)).join('\n---\n'),
  );
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal((await home.fairlead('run', 'two', '--image=fairlead.local/echo')).code, 0);
  const ready = await home.fairlead('wait', 'pod/two', '--for=condition=Ready', '--timeout=20s');
  assert.equal(ready.code, 0, ready.stderr);
});
after(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

test('what is met already needs no right to watch', async () => {
  for (const [line, stdout] of [
    ['wait pod two --for=condition=Ready', 'pod/two condition met\n'],
    ['wait pod two --for=create', 'pod/two condition met\n'],
    ['wait cm/one --for=jsonpath={.data.a}=b', 'configmap/one condition met\n'],
    ['wait cm --all --for=jsonpath={.data} --for=create', undefined],
  ] as const) {
    const done = await home.fairlead(...line.split(' '), '--timeout=3s', '--as=reader');
    assert.deepEqual({ line, code: done.code, stderr: done.stderr }, { line, code: 0, stderr: '' });
    if (stdout !== undefined) assert.equal(done.stdout, stdout);
  }
});

test('what is not met yet cannot be waited for without that right', async () => {
  const { code, stderr } = await home.fairlead(
    'wait',
    'pod/two',
    '--for=condition=Nope',
    '--timeout=3s',
    '--as=reader',
  );
  assert.equal(code, 1);
  assert.match(stderr, /^Error from server \(Forbidden\): .*cannot watch resource "pods"/);
});

test('what run --rm cannot do and what it cannot remove are both told, in this order', async () => {
  const run = ['run', 'three', '--image=fairlead.local/echo', '--restart=Never', '-i', '--rm', '--as=maker'];
  const { code, stderr } = await home.fairlead(...run);
  const [first, second, ...more] = stderr.trimEnd().split('\n');
  assert.equal(code, 1);
  assert.match(first ?? '', /^Error from server \(Forbidden\): pods .*"maker" cannot (list|watch) resource "pods"/);
  assert.match(
    second ?? '',
    /^error: pod default\/three stays, since it could not be removed \(.*cannot delete .*\): fairlead delete pod three -n default$/,
  );
  assert.deepEqual(more, []);
});

test('run --rm has nothing to say of a pod that somebody else removed', async () => {
  const run = home.fairlead('run', 'four', '--image=nosuch', '--restart=Never', '--attach', '--rm', '-q');
  assert.equal((await home.fairlead('wait', 'pod/four', '--for=create', '--timeout=20s')).code, 0);
  assert.equal((await home.fairlead('delete', 'pod/four', '--force')).code, 0);
  const { code, stderr } = await run;
  assert.deepEqual([code, stderr], [1, 'error: pod default/four was deleted meanwhile\n']);
});

test('cluster-info tells what it knows, and that it may not list the services', async () => {
  for (const flags of [[], ['-o', 'json']]) {
    const { code, stdout, stderr } = await home.fairlead('cluster-info', '--as=reader', ...flags);
    assert.equal(code, 1);
    assert.ok(stdout.includes(running.apiUrl));
    assert.match(stderr, /^Error from server \(Forbidden\): services is forbidden: .*"reader".*"kube-system"\n$/);
  }
  const { code, stderr } = await home.fairlead('cluster-info');
  assert.deepEqual([code, stderr], [0, '']);
});
