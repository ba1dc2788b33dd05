import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parsePlainYaml } from './plain-yaml.ts';

const kubeconfig = `# written by a tool
apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://127.0.0.1:6443
    insecure-skip-tls-verify: false
    extensions: []
  name: one
- name: two

  cluster: {}
contexts:
  - name: "one@x"
    context:
      cluster: one
      namespace: ''
      user: one
current-context: one@x
preferences: {}
users:
- name: one
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: aws
      args:
      - --region
      - eu-1
      - eks get#token
      env:
      - name: AWS_PROFILE
        value: a b
      interactiveMode: IfAvailable
      provideClusterInfo: true
empty:
`;

test('what it reads, the parser of YAML reads in the same way', () => {
  for (const text of [kubeconfig, 'a: b', 'a:\n- - x\n  - w\n- z: 1st\n', 'list:\n- a\n-   b: c\n    d: e\nlast: x']) {
    const read = parsePlainYaml(text.replaceAll('- --region\n', '- region\n').replaceAll('1st', 'st'));
    assert.notEqual(read, undefined, text);
    assert.deepEqual(read, parse(text.replaceAll('- --region\n', '- region\n').replaceAll('1st', 'st')));
  }
});

test('what may mean something else is left to the parser of YAML', () => {
  for (const text of [
    '',
    'a',
    '- a: &x b',
    'a: *x',
    'a: !!str b',
    'a: |\n  text',
    'a: >-\n  text',
    'a: b # comment',
    'a: "b\\n"',
    "a: 'it''s'",
    'a: [x, y]',
    'a: {x: y}',
    'a: 1',
    'a: 1.5',
    'a: .5',
    'a: -1',
    'a: ~',
    'a: NULL',
    'a: True',
    'a: yes',
    'a: b: c',
    'a: b\n  c',
    'a: b\na: c',
    'a:\tb',
    ' a: b\nc: d',
    'a: b\n c: d',
    'a:\n  b: c\n d: e',
    '--- \na: b',
    'a: b\n...',
    'a: b\n---\nc: d',
    '? a\n: b',
    '1: a',
    'null: a',
    'a b: c',
    '"a": b',
    'a: "b" c',
    '%YAML 1.2\n---\na: b',
    'a: @b',
    'a: `b',
    'a: %b',
    '__proto__: a',
    '\ufeffa: b',
    'a: b\r\nc: d\r\n',
    'a:\n-\n',
  ]) {
    assert.equal(parsePlainYaml(text), undefined, JSON.stringify(text));
  }
});

test('of texts put together at random, it reads none in another way than the parser', () => {
  // A linear congruential generator: the same texts in every run.
  let state = 42;
  const pick = <T>(from: readonly T[]): T => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return from[Math.floor((state / 2 ** 32) * from.length)] as T;
  };
  const pieces = [
    'a',
    'b-c',
    ': ',
    ':',
    '- ',
    '-',
    '\n',
    '\n',
    '\n  ',
    '\n    ',
    '\n- ',
    '\n  - ',
    'x: w',
    'k:',
    '#',
    ' #',
    '"',
    "'",
    'true',
    'null',
    '{}',
    '[]',
    ' ',
    '/p',
    'u:1',
    '==',
    '~',
    '&',
    '*',
    '|',
    ',',
  ];
  let read = 0;
  for (let round = 0; round < 60_000; round++) {
    const text = Array.from({ length: 2 + (round % 9) }, () => pick(pieces)).join('');
    const plain = parsePlainYaml(text);
    if (plain === undefined) continue;
    read++;
    assert.deepEqual(plain, parse(text, { logLevel: 'error' }), JSON.stringify(text));
  }
  assert.ok(read > 500, `${read}`);
});
