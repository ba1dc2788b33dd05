/** Integers that a JavaScript number would round, in a custom resource of a real kube-apiserver: they keep their digits. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { type Finished, entry as fairleadEntry } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { clusters, type Side, skipBesideKubectl } from './beside-kubectl.ts';
import { readAlike } from './read-alike.ts';

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
            status: {type: object, x-kubernetes-preserve-unknown-fields: true}
      subresources: {scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
      additionalPrinterColumns:
        - {name: I, type: integer, jsonPath: .spec.i}
        - {name: F, type: number, jsonPath: '.spec.floats[0]'}
        - {name: Beyond, type: number, jsonPath: .spec.beyond}
`;

const gadget = (name: string, i: string) => `
apiVersion: example.com/v1
kind: Gadget
metadata: {name: ${name}}
spec:
  replicas: 1
  i: ${i}
  list: [${i}, {deep: -9007199254740993}]
  least: -9223372036854775808
  most: 9223372036854775807
  beyond: 12345678901234567890
  last: 18446744073709551615
  usual: [9007199254740991, -9007199254740991, 1.5]
  floats: [1234567.5, 123456.5, 0.0001, 0.00001, -1234567.5, 1.5e30, 1e21, 1e20, 100000000000000000000, 0.1234567890123456789]
  text: "9007199254740993"
`;

/** Its fields are those of a Go struct. No node is to run it. */
const pod = `
apiVersion: v1
kind: Pod
metadata: {name: patient}
spec:
  nodeSelector: {none: such}
  terminationGracePeriodSeconds: 9007199254740993
  tolerations: [{key: k, operator: Exists, effect: NoExecute, tolerationSeconds: 9223372036854775807}]
  containers: [{name: c, image: fairlead.local/echo}]
`;

const prepare = [
  { args: ['apply', '-f', '-'], input: crd },
  { args: ['wait', '--for=condition=Established', 'crd/gadgets.example.com'] },
  { args: ['create', '-f', '-'], input: gadget('bigint', '9007199254740993') },
  { args: ['create', '-f', '-'], input: gadget('after', '9007199254740994') },
];

readAlike('wide integers', {
  onlyReal: true,
  prepare: [...prepare, { args: ['create', '-f', '-'], input: pod }],
  lines: [
    'get gadget bigint',
    'get gadgets --sort-by=.spec.i',
    'get gadgets -o name --sort-by=.spec.i',
    'get gadget bigint -o json',
    'get gadgets -o json',
    'get gadget bigint -o yaml',
    'get gadgets -o yaml',
    'get gadget bigint -o jsonpath={.spec.i},{.spec.list},{.spec.least},{.spec.most},{.spec}',
    'get gadget bigint -o jsonpath={.spec.beyond},{.spec.last}',
    'get gadget bigint -o jsonpath={.spec.floats[0]},{.spec.floats[*]}',
    'get gadget bigint -o custom-columns=F:.spec.floats[*],LAST:.spec.last',
    'wait gadget/bigint --for=jsonpath={.spec.floats[0]}=1.2345675e+06 --timeout=1s',
    'wait gadget/bigint --for=jsonpath={.spec.last}=1.8446744073709552e+19 --timeout=1s',
    'get gadget bigint -o jsonpath-as-json={.spec}',
    'get gadgets -o jsonpath={.items[?(@.spec.i==9007199254740993)].metadata.name}',
    'get gadgets -o jsonpath={.items[?(@.spec.i>9007199254740993)].metadata.name}',
    'get gadgets -o jsonpath={.items[?(@.spec.i!=9007199254740994)].metadata.name}',
    'get gadgets -o custom-columns=I:.spec.i,LIST:.spec.list,LEAST:.spec.least,MOST:.spec.most,BEYOND:.spec.beyond',
    'describe gadget bigint',
    'describe gadgets',
    'wait gadget/bigint --for=jsonpath={.spec.i}=9007199254740993 --timeout=5s',
    'wait gadget/bigint --for=jsonpath={.spec.least}=-9223372036854775808 --timeout=5s -o json',
    'label gadget bigint a=b --dry-run=client -o json',
    'label gadget bigint a=b --dry-run=client -o yaml',
    'label gadget bigint a=b --dry-run=server -o jsonpath={.spec}',
    'annotate gadget bigint a=b --dry-run=client -o json',
    'delete gadget bigint --dry-run=client',
    'get pod patient -o json',
    'get pod patient -o yaml',
    'get pod patient -o jsonpath={.spec.tolerations}',
    'describe pod patient --show-events=false',
    'label pod patient a=b --dry-run=client -o json',
  ],
});

describe('wide integers that others wrote', { skip: skipBesideKubectl }, () => {
  let side: Side;
  const kubectl = (args: readonly string[], input?: string): Promise<Finished> =>
    side.home.run(peerPath('kubectl'), [...side.flags, ...args], input);
  const fairlead = (args: readonly string[], input?: string): Promise<Finished> =>
    side.home.runFairlead([...side.flags, ...args], input);
  const stored = async (): Promise<string> =>
    (await kubectl(['get', 'gadget', 'bigint', '-o', 'jsonpath={.spec.i},{.spec.list},{.spec.least},{.spec.most}']))
      .stdout;
  const digits =
    '9007199254740993,[9007199254740993,{"deep":-9007199254740993}],-9223372036854775808,9223372036854775807';

  before(async () => {
    const start = clusters['a real kube-apiserver with our node'];
    assert.ok(start !== undefined);
    side = await start({});
    for (const { args, input } of prepare) {
      const { code, stderr } = await kubectl(args, input);
      assert.equal(code, 0, stderr);
    }
    assert.equal(await stored(), digits);
  });
  after(() => side?.stop());

  for (const form of ['json', 'yaml']) {
    test(`what get prints as ${form} can be put back`, async () => {
      const { stdout } = await fairlead(['get', 'gadget', 'bigint', '-o', form]);
      const { code, stderr } = await kubectl(['replace', '-f', '-'], stdout);
      assert.equal(code, 0, stderr);
      assert.equal(await stored(), digits);
    });
  }

  const meta = 'apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: bigint, labels: {from: file}}\n';
  for (const { line, input } of [
    { line: 'label gadget bigint a=b' },
    { line: 'label gadget bigint a=c --overwrite -o json' },
    { line: 'annotate gadget bigint a=b -o yaml' },
    { line: 'scale gadget bigint --replicas=2' },
    { line: 'scale gadget bigint --replicas=3 --current-replicas=2 -o json' },
    { line: 'apply -f - -o json', input: `${meta}spec: {other: 1}\n` },
    { line: 'apply -f - -o yaml --dry-run=client', input: `${meta}spec: {other: 2}\n` },
    { line: 'apply -f - -o json', input: `${meta}spec: {usual: [1]}\n` },
    { line: 'apply -f - -o json --server-side --force-conflicts', input: `${meta}spec: {other: 3}\n` },
  ]) {
    test(`${line} leaves them as they are`, async () => {
      const { code, stdout, stderr } = await fairlead(line.split(' '), input);
      assert.equal(code, 0, stderr);
      assert.equal(await stored(), digits);
      if (line.includes('-o ')) for (const each of digits.match(/-?\d+/g) ?? []) assert.ok(stdout.includes(each), each);
    });
  }

  test('applying once more what a number holds above 2^53 changes nothing', async () => {
    const input = `${meta}spec: {round: 10000000000000000, rounds: [9007199254740992]}\n`;
    const first = await fairlead(['apply', '-f', '-'], input);
    assert.equal(first.stdout, 'gadget.example.com/bigint configured\n', first.stderr);
    const again = await fairlead(['apply', '-f', '-'], input);
    assert.equal(again.stdout, 'gadget.example.com/bigint unchanged\n', again.stderr);
    const { stdout } = await kubectl(['get', 'gadget', 'bigint', '-o', 'jsonpath={.spec.round},{.spec.rounds}']);
    assert.equal(stdout, '10000000000000000,[9007199254740992]');
  });

  test('wait that is not met says what is, digit by digit', async () => {
    const condition = '--for=jsonpath={.spec.i}=9007199254740992';
    const { code, stderr } = await fairlead(['wait', 'gadget/bigint', condition, '--timeout=1s']);
    assert.equal(code, 1);
    assert.match(stderr, /9007199254740993/);
  });

  test('wait sees one that comes by the watch', async () => {
    const line = 'wait gadget/bigint --for=jsonpath={.spec.n}=9007199254740995 --timeout=20s';
    const waiting = fairlead(line.split(' '));
    await kubectl(['patch', 'gadget', 'bigint', '--type=merge', '-p', '{"spec":{"n":9007199254740995}}']);
    const { code, stderr } = await waiting;
    assert.equal(code, 0, stderr);
  });

  test('get -w shows them', async () => {
    const args = [
      fairleadEntry,
      ...side.flags,
      'get',
      'gadget',
      'bigint',
      '-w',
      '-o',
      'jsonpath={.spec.i} {.spec.n}{"\\n"}',
    ];
    const watch = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: side.home.env });
    try {
      const lines = createInterface(watch.stdout)[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, '9007199254740993 9007199254740995');
      await kubectl(['patch', 'gadget', 'bigint', '--type=merge', '-p', '{"spec":{"n":9007199254740997}}']);
      assert.equal((await lines.next()).value, '9007199254740993 9007199254740997');
    } finally {
      watch.kill();
      await once(watch, 'exit');
    }
  });
});
