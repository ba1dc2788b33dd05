import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../status.ts';
import { matchesFields, parseFieldSelector, requiredFieldValue } from './field-selector.ts';
import { formatLabelSelector, labelSelectorOf, matchesLabels, parseLabelSelector } from './label-selector.ts';

const labels = { app: 'web', tier: 'front', 'example.com/size': '7', in: 'x' };

test('label selectors in text match as Kubernetes defines', () => {
  const cases: [text: string, matches: boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    [' app = web , tier in (front, back) ', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (a,b)', false],
    ['tier notin (back)', true],
    ['other notin (back)', true],
    ['app', true],
    ['!app', false],
    ['!other,app', true],
    ['example.com/size>6', true],
    ['example.com/size<7', false],
    ['app=', false],
    ['app in (,web)', true],
    ['in', true],
    ['in in (x)', true],
  ];
  for (const [text, expected] of cases) assert.equal(matchesLabels(parseLabelSelector(text), labels), expected, text);
});

test('a label selector that is wrong is refused with 400', () => {
  for (const text of ['=x', 'a in', 'a in (b', 'a in b', 'a,', ',a', 'a b', '!', 'a=b=c', 'a>b', '-x', 'a=-', 'A_/b']) {
    assert.throws(
      () => parseLabelSelector(text),
      (error) => error instanceof StatusError && error.code === 400,
      text,
    );
  }
});

test('the selector of an object selects nothing when absent, everything when empty', () => {
  assert.equal(labelSelectorOf(undefined), undefined);
  assert.deepEqual(labelSelectorOf({}), []);
  const selector = labelSelectorOf({
    matchLabels: { tier: 'front', app: 'web' },
    matchExpressions: [
      { key: 'zone', operator: 'DoesNotExist' },
      { key: 'b', operator: 'In', values: ['2', '1'] },
    ],
  });
  assert.ok(selector);
  assert.equal(formatLabelSelector(selector), 'app=web,b in (1,2),tier=front,!zone');
  assert.deepEqual(
    parseLabelSelector(formatLabelSelector(selector)).map((r) => r.key),
    ['app', 'b', 'tier', 'zone'],
  );
});

test('field selectors are read with their escapes', () => {
  const selector = parseFieldSelector('metadata.name=a\\,b,status.phase!=Running');
  assert.equal(requiredFieldValue(selector, 'metadata.name'), 'a,b');
  const read = (phase: string) => (field: string) => (field === 'metadata.name' ? 'a,b' : phase);
  assert.equal(matchesFields(selector, read('Pending')), true);
  assert.equal(matchesFields(selector, read('Running')), false);
  for (const text of ['metadata.name', 'a=b=c', 'a=\\'])
    assert.throws(() => parseFieldSelector(text), StatusError, text);
});
