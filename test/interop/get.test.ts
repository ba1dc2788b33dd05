/** `fairlead get` beside the real kubectl on the same cluster: the same bytes, the same exit codes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { type Finished, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';

const kubectlPath = peerPath('kubectl');
const skip = existsSync(kubectlPath) ? false : 'kubectl is not built: run npm run test:interop';

const fairleadEntry = resolve(import.meta.dirname, '../../bin/fairlead.ts');

let home: Home;
let cluster: RunningFairlead;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--data=:memory:', '--nodes=0');
  const manifest = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: odd
  labels: {"yes": "no", n: "1"}
data: {a: "x: y", b: "#c", c: "", d: "2001-01-01", e: "1e3", f: "~", g: "one\\ntwo\\n", h: "it's", i: "true", j: "0o7", k: "ünï", l: "*"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: fairlead.local/echo}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;
  const applied = await home.run(kubectlPath, ['apply', '-f', '-'], manifest);
  assert.equal(applied.code, 0, applied.stderr);
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

const lines = [
  'get ns',
  'get namespaces -o wide --show-labels',
  'get svc',
  'get deploy',
  'get deployments.apps web -o wide',
  'get deploy.v1.apps --no-headers',
  'get svc,deploy,cm',
  'get pods,nodes',
  'get all',
  'get svc -A',
  'get svc web kubernetes',
  'get svc/web deploy/web',
  'get svc -o name',
  'get cm odd -o json',
  'get cm odd -o yaml',
  'get svc -o yaml',
  'get svc,cm -o json',
  'get svc -l component=apiserver',
  'get svc --field-selector metadata.name=web',
  'get pods -n nowhere',
  'get nodes',
  'get foo',
  'get svc,foo',
  'get svc nope web',
  'get svc nope --ignore-not-found',
];

/** Ages grow while the two run: another look tells whether that was all. */
async function compare(args: readonly string[]): Promise<[Finished, Finished]> {
  let pair: [Finished, Finished];
  let looks = 0;
  do {
    pair = await Promise.all([home.run(kubectlPath, args), home.fairlead(...args)]);
  } while (pair[0].stdout !== pair[1].stdout && ++looks < 3);
  return pair;
}

for (const line of lines) {
  test(line, { skip }, async () => {
    const [theirs, ours] = await compare(line.split(' '));
    assert.deepEqual(ours, theirs);
  });
}

/** Starts a program and keeps the lines that it prints, with every age as "AGE". */
function follow(program: string, args: readonly string[]) {
  const child = spawn(program, args, { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = createInterface({ input: child.stdout });
  const printed: string[] = [];
  reader.on('line', (line) => printed.push(line.replace(/\d+[sm]$/, 'AGE')));
  return {
    lines: printed,
    async until(count: number): Promise<void> {
      while (printed.length < count) await once(reader, 'line');
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT');
      await once(child, 'exit');
    },
  };
}

test('get -w prints the same lines in the same columns', { skip, timeout: 30_000 }, async () => {
  const kubectl = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await home.run(kubectlPath, args);
    assert.equal(code, 0, stderr);
  };
  await kubectl('create', 'ns', 'watched');
  await kubectl('create', 'cm', 'first', '-n', 'watched');
  const args = ['get', 'cm', '-n', 'watched', '-l', 'app!=x', '-w'];
  await using theirs = follow(kubectlPath, args);
  await using ours = follow(process.execPath, [fairleadEntry, ...args]);
  const both = (count: number) => Promise.all([theirs.until(count), ours.until(count)]);
  await both(2);
  const before = ours.lines.length;
  await kubectl('create', 'cm', 'a-name-that-is-longer-than-the-heading', '-n', 'watched', '--from-literal=a=b');
  await both(before + 1);
  await kubectl('label', 'cm', 'first', 'app=x', '-n', 'watched');
  await both(before + 2);
  await kubectl('create', 'cm', 'z', '-n', 'watched');
  await both(before + 3);
  assert.deepEqual(ours.lines, theirs.lines);
});
