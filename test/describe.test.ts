/** `fairlead describe` as its users run it: what it must never show, what it says when something is not there. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';

const root = resolve(import.meta.dirname, '..');
const manifest = `
apiVersion: v1
kind: Secret
metadata: {name: default-token-x1y2z, annotations: {kubernetes.io/service-account.name: default}}
type: kubernetes.io/service-account-token
stringData: {token: head.body.tail, ca.crt: abc}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {token: not-for-eyes, password: nor-this}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: odd}
data: {bell: "\\a", sequence: "\\e[31mred\\e[0m", upper: "\\u009b31m", back: "a\\rb"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: oddity}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: maps}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: maps}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: maps}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: one-map}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: one-map}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one-map}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: joe}]
`;

let home: Home;
let cluster: RunningFairlead;

before(async () => {
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--data=:memory:', '--nodes=0');
  const made = await home.runFairlead(['apply', '-f', '-'], manifest);
  assert.equal(made.code, 0, made.stderr);
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

test("the token of a service account comes through people's pipes", async () => {
  const line =
    "fairlead describe secret $(fairlead get secrets | grep default | cut -f1 -d ' ') | grep -E '^token' | cut -f2 -d':' | tr -d '\\t'";
  const { stdout, code } = await home.run('/bin/sh', ['-c', line], '', { PATH: `${root}:${process.env.PATH}` });
  assert.equal(code, 0);
  assert.equal(stdout.trim(), 'head.body.tail');
});

test('no other secret is shown, only how long it is', async () => {
  const { stdout } = await home.fairlead('describe', 'secrets');
  assert.match(stdout, /^token: +12 bytes$/m);
  assert.match(stdout, /^password: +8 bytes$/m);
  for (const hidden of ['not-for-eyes', 'nor-this', 'bm90LWZvci1leWVz']) assert.ok(!stdout.includes(hidden));
});

test('no control character reaches the terminal', async () => {
  const { stdout } = await home.fairlead('describe', 'configmap', 'odd');
  assert.doesNotMatch(stdout, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  assert.match(stdout, /\^\[\[31mred\^\[\[0m/);
  assert.match(stdout, /\\x9b31m/);
  assert.match(stdout, /^a\\rb$/m);
});

test('what is there is described, what is not is told, and the exit code says so', async () => {
  const { code, stdout, stderr } = await home.fairlead('describe', 'cm/odd', 'cm/nope');
  assert.equal(code, 1);
  assert.match(stdout, /^Name: +odd$/m);
  assert.match(stderr, /^Error from server \(NotFound\): configmaps "nope" not found\n$/);
});

test('a name that is there is that one, though others begin so; one that is not is a prefix', async () => {
  const names = async (name: string): Promise<unknown[]> => {
    const { stdout } = await home.fairlead('describe', 'cm', name);
    return [...stdout.matchAll(/^Name: +(.*)$/gm)].map(([, found]) => found);
  };
  assert.deepEqual(await names('odd'), ['odd']);
  assert.deepEqual(await names('od'), ['odd', 'oddity']);
});

test('a mistyped name gets the nearest that is there', async () => {
  const { code, stdout, stderr } = await home.fairlead('describe', 'cm', 'oditty');
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  assert.equal(stderr, 'Error from server (NotFound): configmaps "oditty" not found (did you mean "oddity"?)\n');
});

test('who may not list gets what is said of the one that was named', async () => {
  const { code, stderr } = await home.fairlead('describe', 'cm', 'nope', '--as=joe');
  assert.equal(code, 1);
  assert.match(stderr, /^Error from server \(NotFound\): configmaps "nope" not found\n$/);
});

test('who may not read events gets the rest, and is told', async () => {
  const { code, stdout, stderr } = await home.fairlead('describe', 'cm', 'oddity', '--as=jane');
  assert.equal(code, 0);
  assert.match(stdout, /^Name: +oddity$/m);
  assert.match(stderr, /^Warning: the events could not be read: .*forbidden/);
});

test('-o leads to the command that has it', async () => {
  const { code, stdout, stderr } = await home.fairlead('describe', 'cm', '-n', 'x', '-l', 'a=b', '-o', 'json');
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /fairlead get cm -l a=b -n x -o json\n/);
});

test('wrong lines are told in one sentence', async () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['describe', /say what to describe/],
    ['describe cm odd -l a=b', /names and selectors exclude each other/],
    ['describe cm odd -A', /use -n NAMESPACE instead of -A/],
    ['describe -f x.yaml cm', /not both/],
    ['describe -f x.yaml -l a=b', /does not go with -f/],
    ['describe cm --chunk-size=-1', /--chunk-size is below zero/],
    ['describe -k folder', /kubectl describe -k folder/],
  ];
  for (const [line, expected] of wrong) {
    const { code, stdout, stderr } = await home.fairlead(...line.split(' '));
    assert.deepEqual({ line, code, stdout }, { line, code: 2, stdout: '' });
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, / at .*\.ts/);
  }
});
