/** What is warned of as kubectl warns, and names that are refused before a server is asked, or are not. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';

let home: Home;
let running: RunningFairlead;
before(async () => {
  home = await Home.make();
  running = await RunningFairlead.up(home, '--data=:memory:', '--nodes', '0');
});
after(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

test('warnings go to stderr, each once', async () => {
  const endpoints = 'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n';
  const verb = "Warning: 'zzz' is not a standard resource verb\n";
  const frob = "Warning: verb 'frob' is not a known verb\n\n";
  for (const [line, stderr] of [
    ['get ep -A', endpoints],
    ['get ep,endpoints -A -o name', endpoints],
    ['label ep --all a=b --dry-run=client', endpoints],
    ['create role r --resource=pods/log --verb=zzz,get --dry-run=client', verb],
    ['create clusterrole r --resource=pods --verb=zzz --dry-run=client', verb],
    ['create cm x --dry-run', 'Warning: --dry-run is deprecated and can be replaced with --dry-run=client.\n'],
    [
      'create cm x --dry-run=true',
      'Warning: --dry-run=true is deprecated (boolean value) and can be replaced with --dry-run=client.\n',
    ],
    [
      'create cm x --dry-run=false',
      'Warning: --dry-run=false is deprecated (boolean value) and can be replaced with --dry-run=none.\n',
    ],
    ['create cm y --dry-run=client', ''],
    ['auth can-i frob pods', frob],
    ['auth can-i frob *', frob],
    ['auth can-i frob nothings', `Warning: the server doesn't have a resource type 'nothings'\n\n${frob}`],
    ['auth can-i frob nothings -A', "Warning: the server doesn't have a resource type 'nothings'\n\n"],
  ] as const) {
    const done = await home.fairlead(...line.split(' '));
    assert.deepEqual({ line, code: done.code, stderr: done.stderr }, { line, code: 0, stderr });
  }
});

test('an empty name and an image that is none', async () => {
  for (const verb of ['get', 'describe', 'delete']) {
    const { code, stdout, stderr } = await home.fairlead(verb, 'pods', '');
    assert.deepEqual([code, stdout, stderr], [1, '', 'error: resource name may not be empty\n']);
  }
  const { code, stderr } = await home.fairlead('run', 'p1', '--image=x y');
  assert.deepEqual([code, stderr], [1, 'error: Invalid image name "x y": invalid reference format\n']);
});

test('help of a first word has examples', async () => {
  for (const word of ['config', 'auth', 'create']) {
    const { stdout } = await home.fairlead(word, '--help');
    assert.match(stdout, new RegExp(`^Examples:\n {2}# .*\n {2}fairlead ${word} `, 'm'));
  }
});

test('-A does not forbid to name what lives in no namespace', async () => {
  for (const [line, stdout] of [
    ['get ns/default -A -o name', 'namespace/default\n'],
    ['wait ns/default --for=jsonpath={.status.phase}=Active -A', 'namespace/default condition met\n'],
    ['label ns default -A a=b', 'namespace/default labeled\n'],
  ] as const) {
    const { code, stdout: said, stderr } = await home.fairlead(...line.split(' '));
    assert.deepEqual({ line, code, said, stderr }, { line, code: 0, said: stdout, stderr: '' });
  }
  const described = await home.fairlead('describe', 'ns/default', '-A');
  assert.equal(described.code, 0, described.stderr);
  for (const verb of ['get', 'describe', 'delete']) {
    const { code, stderr } = await home.fairlead(verb, 'ns/default', 'cm/kube-root-ca.crt', '-A');
    assert.notEqual(code, 0);
    assert.match(stderr, /^error: an object is named within one namespace: use -n NAMESPACE instead of -A\n/);
  }
});
