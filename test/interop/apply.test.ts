/** `create -f` and `apply`, by the client and by the server, through the life of a few objects. */
import { besideKubectl, type Round } from './beside-kubectl.ts';

const first = `
apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {app: web}}
data: {a: b, gone: "1", html: "<a & b>"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: fairlead.local/echo, env: [{name: A, value: "1"}, {name: B, value: "2"}]}
      - {name: side, image: fairlead.local/echo, args: ["--port=8081", "--tls-port=8444"]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080, name: http}]}
`;

const second = first
  .replace('gone: "1"', 'come: "2"')
  .replace('replicas: 1', 'paused: true')
  .replace(', {name: B, value: "2"}', ', {name: C, value: "3"}')
  .replace(/ +- \{name: side.*\n/, '')
  .replace('name: http}', 'name: http}, {port: 443, name: https, targetPort: 8443}');

const configMap = (data: string) => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"two"},"data":${data}}`;

const clientSide: Round = {
  steps: [
    { line: 'apply -f - --dry-run=client', input: first },
    { line: 'apply -f - --dry-run=server', input: first },
    { line: 'apply -f -', input: first },
    // From here on nothing but these lines changes it: the order of conditions tells what was seen in between.
    { line: 'wait --for=condition=Available deploy/web --timeout=60s' },
    { line: 'get cm,deploy,svc -o yaml', settles: true },
    { line: 'apply -f -', input: first },
    { line: 'apply -f - --dry-run=client -o yaml', input: second, settles: true },
    { line: 'apply -f - --dry-run=server', input: second },
    { line: 'apply -f -', input: second },
    { line: 'get cm,svc -o yaml' },
    { line: 'get deploy web -o yaml', settles: true },
    { line: 'apply -f - -o name', input: second },
    { line: 'apply -f - -l app=web', input: first },
    { line: 'apply -f - -l app=none', input: first, sense: 'outcome' },
    { line: 'create -f -', input: configMap('{"a":"1"}') },
    { line: 'create -f -', input: configMap('{"a":"1"}') },
    { line: 'apply -f -', input: configMap('{"b":"2"}') },
    { line: 'get cm two -o yaml' },
    { line: 'apply -f -', input: configMap('{"c":"2"}') },
    { line: 'get cm two -o json' },
    { line: 'apply -f -', input: configMap('{"c":3}'), sense: 'outcome' },
    {
      line: 'apply -f -',
      input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"nope":1}',
      sense: 'outcome',
    },
    {
      line: 'apply --validate=false -f -',
      input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"nope":1}',
    },
    {
      line: 'apply --validate=warn -f -',
      input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"nope":1}',
    },
    {
      line: 'apply -f -',
      input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"x"}}',
      sense: 'outcome',
    },
    { line: 'apply -f -', input: '{"apiVersion":"v1","kind":"Nope","metadata":{"name":"x"}}', sense: 'outcome' },
    { line: 'apply -f -', input: 'not: [an object', sense: 'outcome' },
    {
      line: 'apply -f -',
      input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"elsewhere"}}',
      sense: 'outcome',
    },
    { line: 'apply', sense: 'outcome' },
    { line: 'create -f - --save-config', input: configMap('{"a":"1"}').replace('two', 'three') },
    { line: 'get cm three -o yaml' },
    { line: 'create -f - --dry-run=client -o yaml', input: first },
    { line: 'create -f -', input: '{"apiVersion":"v1","kind":"List","items":[]}', sense: 'outcome' },
  ],
};

/** Scalars and keys in every spelling that go-yaml takes for something else than YAML 1.2 does. */
const spelled = `
apiVersion: v1
kind: ConfigMap
metadata: {name: spelled}
data: {date: !!str 2024-05-01, day: 2024-05-01, time: 2024-05-01 10:00:00, clock: 12:30, sum: 1:30:00, packed: !!binary aGk=, twice: a, twice: b, 0x10: key, on: "yes"}
`;
const several = ['one', 'two', 'three'].map((name) => configMap('{}').replace('two', name));
const partlyBad = `${several[0]}
---
{apiVersion: v1, kind: Nothing, metadata: {name: x}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: y, namespace: elsewhere}}
---
${several[2]}`;

const manifests: Round = {
  steps: [
    { line: 'create -f - --dry-run=client -o yaml', input: spelled },
    { line: 'apply -f -', input: spelled },
    { line: 'get cm spelled -o yaml' },
    {
      line: 'create -f - --dry-run=client -o json --validate=false',
      input: `${spelled}\nmore: [0644, 0o644, 0X1F, 0B1, 1e_3, 08, y, n, on, .5, 1_000.5, ~]`,
    },
    { line: 'create -f - --dry-run=client', input: `${spelled}\nmore: .inf`, sense: 'outcome' },
    { line: 'create -f -', input: several.join('') },
    { line: 'delete -f -', input: several.join('\n') },
    { line: 'create -f - --validate=false', input: partlyBad },
    { line: 'apply -f - --validate=false', input: partlyBad },
    { line: 'delete -f -', input: partlyBad },
    { line: 'apply -f -', input: `${several[0]}\n---\na: [1\n---\n${several[2]}` },
    { line: 'get cm' },
  ],
};

const serverSide: Round = {
  steps: [
    { line: 'apply -f -', input: configMap('{"a":"1","b":"2"}') },
    { line: 'apply --server-side -f -', input: configMap('{"a":"1"}') },
    { line: 'get cm two -o yaml' },
    { line: 'apply --server-side -f - --field-manager=other', input: configMap('{"a":"9"}'), sense: 'outcome' },
    { line: 'apply --server-side -f - --field-manager=other --force-conflicts', input: configMap('{"a":"9"}') },
    { line: 'apply --server-side -f -', input: configMap('{"b":"3"}') },
    { line: 'get cm two -o yaml' },
    { line: 'apply --server-side -f - --dry-run=server', input: configMap('{"b":"4"}') },
    { line: 'apply --server-side -f - --dry-run=client', input: configMap('{"b":"4"}'), sense: 'outcome' },
    { line: 'apply --server-side -f - -o yaml', input: first },
    { line: 'apply -f -', input: configMap('{"c":"3"}') },
    { line: 'get cm two -o yaml' },
  ],
};

besideKubectl({ 'create -f and client-side apply': clientSide, manifests: manifests, 'server-side apply': serverSide });
