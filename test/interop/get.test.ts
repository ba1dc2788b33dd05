/** `fairlead get` beside the real kubectl on the same clusters: the same bytes, the same exit codes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { type Finished, entry as fairleadEntry } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { clusters, type Side, skipBesideKubectl } from './beside-kubectl.ts';
import { inOneState } from './in-one-state.ts';

const kubectlPath = peerPath('kubectl');

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: odd
  labels: {"yes": "no", n: "1"}
data: {a: "x: y", b: "#c", c: "", d: "2001-01-01", e: "1e3", f: "~", g: "one\\ntwo\\n", h: "it's", i: "true", j: "0o7", k: "ünï", l: "*", m: "0O7", n: "1e_3", o: "e2", p: "- it's", q: "😀", r: "...", s: "trail \\nx", t: "\\nlead", a10: "", a9: "", "10": "", "9": "", u: "a sentence that is long enough to reach beyond the eightieth column of the line and to be folded there"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: dotted}
data: {a.b.c: "<&> ü", k.yaml: "x: 1\\ny: 2\\n"}
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

/** Command lines as arrays, where a word has blanks. */
const lines: readonly (string | readonly string[])[] = [
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
  'events -o json',
  'events -A --types=Normal -o yaml',
  'events -n nowhere -o json',
  'auth whoami -o json',
  'auth whoami -o name',
  'auth whoami -o jsonpath={.status.userInfo.username}',
  'get cm odd -o json',
  'get cm odd -o yaml',
  'get svc -o yaml',
  'get svc,cm -o json',
  'get svc -l component=apiserver',
  'get svc --field-selector metadata.name=web',
  'get pods -n kube-node-lease',
  'get nodes',
  'get foo',
  'get svc,foo',
  'get svc nope web',
  'get svc nope --ignore-not-found',
  'get pods -l app=nothing --ignore-not-found',
  'get pods -l app=nothing --ignore-not-found -o json',
  'get svc -L app -L component,provider',
  'get svc -L component --show-labels --show-kind',
  'get svc,deploy -A --no-headers',
  'get svc --sort-by=.metadata.name',
  'get svc --sort-by=.spec.ports[0].port -o name',
  'get cm -A --sort-by=metadata.namespace -o name',
  'get svc --chunk-size=1',
  'get deploy web --subresource=scale',
  'get deploy web --subresource=status -o name',
  'get deploy/web -o yaml --show-managed-fields',
  'get deploy web -o jsonpath={.spec.replicas}',
  'get svc -o jsonpath={.items[*].metadata.name}',
  ['get', 'svc', '-o', 'jsonpath={range .items[*]}{.metadata.name}{"\\t"}{.spec.ports[0].port}{"\\n"}{end}'],
  ['get', 'svc', '-o', 'jsonpath={range .items[*]}{@.metadata.name}: {range .spec.ports[*]}{.port},{end};{end}done'],
  ['get', 'svc', '-o', 'jsonpath={.items[?(@.metadata.name=="web")].spec.selector}'],
  ['get', 'svc', '-o', 'jsonpath={.items[?(@.spec.ports[0].port>100)].metadata.name}'],
  ['get', 'svc', '-o', 'jsonpath={.items[?(@.metadata.labels.component)].metadata.name}'],
  "get svc -o jsonpath={.items[0]['metadata.name','spec.type']}",
  'get svc -o jsonpath={.items[-1:].metadata.name}|{.items[0:1].metadata.name}|{.items[-1].metadata.name}',
  'get svc -o jsonpath={..name}',
  'get svc web -o jsonpath={.spec.ports}',
  "get svc web -o jsonpath={.spec.ports[0]['port','targetPort']}",
  'get cm odd -o jsonpath={.metadata.labels.yes}{"-"}{.data.g}{.data.nope}',
  ['get', 'cm', 'odd', '-o', "jsonpath={.data['h']} {'it\\'s'} {true} {1} {1.50}"],
  'get cm dotted -o jsonpath={.data.a\\.b\\.c}',
  ['get', 'cm', 'dotted', '-o', 'jsonpath={.data}'],
  'get cm dotted -o json',
  'get cm dotted -o yaml',
  'get svc -o jsonpath-as-json={.items[*].metadata.name}',
  'get svc web -o jsonpath-as-json={.spec.ports}',
  'get svc web -o jsonpath --template={.metadata.name}',
  'get svc -o custom-columns=NAME:.metadata.name,PORTS:.spec.ports[*].port,SEL:.spec.selector,NO:.nope',
  'get svc -o custom-columns=NAME:metadata.name --no-headers',
  'get deploy web -o custom-columns=A:{.metadata.name},B:.spec.template.spec.containers[0].image',
  'get pods -o custom-columns=NAME:.metadata.name',
  'get svc,cm -o custom-columns=KIND:.kind,NAME:.metadata.name',
  'get svc -o custom-columns-file=columns.txt',
  'get svc -o jsonpath-file=path.txt',
  'get -f objects.yaml',
  'get -f objects.yaml -o name',
  'get -f objects.yaml -o json',
  'get --raw /api/v1/namespaces/default/services/web',
  'get --raw /healthz',
  'get --raw /nope',
];

/** Starts a program and keeps the lines that it prints, with every age as "AGE". */
function follow({ home, flags }: Side, program: string, args: readonly string[]) {
  const child = spawn(program, [...args, ...flags], { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
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

for (const [name, start] of Object.entries(clusters)) {
  describe(`get, on ${name}`, { skip: skipBesideKubectl }, () => {
    let side: Side;
    before(async () => {
      side = await start({});
      const applied = await side.home.run(kubectlPath, [...side.flags, 'apply', '-f', '-'], manifest);
      assert.equal(applied.code, 0, applied.stderr);
      const file = (path: string) => join(side.home.directory, path);
      await Promise.all([
        writeFile(file('objects.yaml'), manifest),
        writeFile(file('columns.txt'), 'NAME   TYPE\n.metadata.name {spec.type}\n'),
        writeFile(file('path.txt'), '{range .items[*]}{.metadata.name}\n{end}'),
      ]);
    });
    after(() => side?.stop());

    const compare = (args: readonly string[]): Promise<[Finished, Finished]> =>
      inOneState(
        () => side.home.run(kubectlPath, args),
        () => side.home.fairlead(...args),
      );

    for (const line of lines) {
      const words = typeof line === 'string' ? line.split(' ') : line;
      test(words.join(' '), async () => {
        const [theirs, ours] = await compare([...side.flags, ...words]);
        assert.deepEqual(ours, theirs);
      });
    }

    test('what is not there at all is told below the words of kubectl', async () => {
      for (const [line, note] of [
        ['get pods -n nowhere', 'there is no namespace "nowhere"\n'],
        ['get pods -n defualt', 'there is no namespace "defualt"; did you mean "default"?\n'],
        ['get svc wbe', 'did you mean "web"?\n'],
        ['get depoy', 'did you mean "deploy"?\n'],
        ['get deploy ingx -o json', ''],
      ] as const) {
        const [theirs, ours] = await compare([...side.flags, ...line.split(' ')]);
        assert.deepEqual(ours, { ...theirs, stderr: `${theirs.stderr}${note}` });
      }
    });

    const watches = [
      [],
      ['--output-watch-events'],
      ['-o', 'custom-columns=A:.metadata.name'],
      ['--output-watch-events', '-o', 'json'],
    ];
    for (const [index, flags] of watches.entries()) {
      test(`get -w ${flags.join(' ')} prints the same lines in the same columns`, { timeout: 30_000 }, async () => {
        const kubectl = async (...args: string[]): Promise<void> => {
          const { code, stderr } = await side.home.run(kubectlPath, [...side.flags, ...args]);
          assert.equal(code, 0, stderr);
        };
        const namespace = `watched-${index}`;
        await kubectl('create', 'ns', namespace);
        await kubectl('create', 'cm', 'first', '-n', namespace);
        // A controller makes this one in every namespace: a line like any other, if it came between.
        await kubectl('wait', '--for=create', 'cm/kube-root-ca.crt', '-n', namespace);
        const args = ['get', 'cm', '-n', namespace, '-l', 'app!=x', '-w', ...flags];
        await using theirs = follow(side, kubectlPath, args);
        await using ours = follow(side, process.execPath, [fairleadEntry, ...args]);
        const both = (count: number) => Promise.all([theirs.until(count), ours.until(count)]);
        const before = flags.includes('json') ? 2 : 3;
        await both(before);
        await kubectl('create', 'cm', 'a-name-that-is-longer-than-the-heading', '-n', namespace, '--from-literal=a=b');
        await both(before + 1);
        await kubectl('label', 'cm', 'first', 'app=x', '-n', namespace);
        await both(before + 2);
        await kubectl('create', 'cm', 'z', '-n', namespace);
        await both(before + 3);
        assert.deepEqual(ours.lines, theirs.lines);
      });
    }
  });
}
