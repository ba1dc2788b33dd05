import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnerReference } from '../object.ts';
import { validateLabelSelector, validateMetadata } from './metadata.ts';
import {
  complainAboutConfigKey,
  complainAboutDns1035Label,
  complainAboutDnsLabel,
  complainAboutDnsSubdomain,
  complainAboutEnvName,
  complainAboutHeaderName,
  complainAboutLabelValue,
  complainAboutPathSegment,
  complainAboutPort,
  complainAboutPortName,
  complainAboutPortNumberOrName,
  complainAboutQualifiedName,
} from './names.ts';

type Complain = (text: string) => string[];

const cases: readonly [Complain, good: readonly string[], bad: readonly string[]][] = [
  [complainAboutDnsLabel, ['a', '1a', 'a-b', 'a'.repeat(63)], ['', 'A', 'a.b', '-a', 'a-', 'a_b', 'a'.repeat(64)]],
  [complainAboutDnsSubdomain, ['a', 'a.b-c.d', '1.2'], ['', '.a', 'a..b', 'A', 'a/b', 'a\n', 'a'.repeat(254)]],
  [complainAboutDns1035Label, ['a1', 'a-b'], ['1a', 'a.b', '', 'A']],
  [
    complainAboutQualifiedName,
    ['a', 'A_b.c', 'example.com/a'],
    ['', '/a', 'a/', 'a/b/c', 'A_/b', 'a b', 'x/'.concat('a'.repeat(64))],
  ],
  [complainAboutLabelValue, ['', 'a', 'A.b_c-1'], ['-', 'a ', 'a/b', 'ä', 'a'.repeat(64)]],
  [complainAboutConfigKey, ['a', '.a', 'A_b-c.d', '_'], ['', 'a b', '.', '..', '..a', 'a/b']],
  [complainAboutEnvName, ['A', '1', 'a b', 'ä'.normalize('NFD').slice(0, 1)], ['', 'a=b', 'ä', 'a\n']],
  [complainAboutPortName, ['http', 'a-1'], ['', '80', 'A', 'a--b', '-a', 'a-', 'a'.repeat(16)]],
  [complainAboutHeaderName, ['X-A'], ['', 'a b', 'a:']],
  [complainAboutPathSegment, ['a:b', 'A b', ''], ['.', '..', 'a/b', 'a%b']],
];

test('forms of names', () => {
  for (const [complain, good, bad] of cases) {
    for (const text of good) assert.deepEqual(complain(text), [], `${complain.name} ${JSON.stringify(text)}`);
    for (const text of bad) assert.notDeepEqual(complain(text), [], `${complain.name} ${JSON.stringify(text)}`);
  }
  assert.deepEqual(
    [0, 1, 65535, 65536].map((port) => complainAboutPort(port).length),
    [1, 0, 0, 1],
  );
  assert.deepEqual(complainAboutPortNumberOrName('http'), []);
});

test('lengths are counted in bytes, told as upstream tells them', () => {
  assert.deepEqual(complainAboutLabelValue('a'.repeat(64)), ['must be no more than 63 bytes']);
  assert.deepEqual(complainAboutDnsLabel('a'.repeat(64)), ['must be no more than 63 characters']);
});

test('owners and annotations', () => {
  const owner = (more: Partial<OwnerReference>): OwnerReference => ({
    apiVersion: 'v1',
    kind: 'Pod',
    name: 'p',
    uid: 'u',
    ...more,
  });
  const fields = (metadata: object) => validateMetadata(metadata).map(({ field, message }) => `${field}: ${message}`);
  assert.deepEqual(fields({ ownerReferences: [owner({}), owner({ controller: true })] }), []);
  assert.deepEqual(fields({ ownerReferences: [owner({ uid: '' })] }), [
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]);
  const two = [owner({ controller: true }), owner({ controller: true, name: 'q' })];
  assert.match(fields({ ownerReferences: two })[0] ?? '', /Found "true" in references for Pod\/p and Pod\/q$/);
  assert.deepEqual(fields({ annotations: { a: 'x'.repeat(262144) } }), [
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]);
});

test('label selectors', () => {
  const expression = (operator: string, values: string[] = []) => ({ key: 'a', operator, values });
  const matchExpressions = [
    expression('In'),
    expression('Exists', ['x']),
    expression('Like'),
    expression('NotIn', ['-']),
  ];
  assert.deepEqual(
    validateLabelSelector({ matchExpressions }, 's').map(({ field, reason }) => `${field} ${reason}`),
    [
      's.matchExpressions[0].values FieldValueRequired',
      's.matchExpressions[1].values FieldValueForbidden',
      's.matchExpressions[2].operator FieldValueInvalid',
      's.matchExpressions[3].values[0] FieldValueInvalid',
    ],
  );
});
