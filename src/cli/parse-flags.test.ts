import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { nearest } from './nearest.ts';
import { parseFlags } from './parse-flags.ts';

const table = {
  namespace: { type: 'string', short: 'n', description: '' },
  watch: { type: 'boolean', short: 'w', description: '' },
  limit: { type: 'integer', description: '' },
  image: { type: 'list', description: '' },
  output: { type: 'string', short: 'o', choices: ['json', 'yaml'], description: '' },
  'dry-run': { type: 'string', bare: 'unchanged', description: '' },
} as const;

test('every form in which pflag takes a value', () => {
  for (const words of [['--namespace', 'a'], ['--namespace=a'], ['-n', 'a'], ['-na'], ['-n=a']]) {
    assert.equal(parseFlags(words, table).flags.namespace, 'a', words.join(' '));
  }
});

test('flags and arguments mix; -- ends the flags', () => {
  const { args, flags } = parseFlags(
    ['pods', '-w', 'x', '--limit=5', '--image', 'a', '--image=b', '--dry-run', '-', '--', '-n'],
    table,
  );
  assert.deepEqual(args, ['pods', 'x', '-', '-n']);
  assert.deepEqual({ ...flags }, { watch: true, limit: 5, image: ['a', 'b'], 'dry-run': 'unchanged' });
});

test('letters of flags without a value stand together, one with a value last', () => {
  const { flags } = parseFlags(['-wna'], table);
  assert.deepEqual([flags.watch, flags.namespace], [true, 'a']);
  assert.equal(parseFlags(['-wn', 'b'], table).flags.namespace, 'b');
});

test('where -- stands is told', () => {
  assert.equal(parseFlags(['pods', '-w', '--', 'a', '--', '-b'], table).dashAt, 1);
  assert.equal(parseFlags(['pods'], table).dashAt, undefined);
});

test('an absent list is empty and the last of two values counts', () => {
  const { flags } = parseFlags(['--watch=false', '--limit', '1', '--limit', '2'], table);
  assert.deepEqual(flags.image, []);
  assert.equal(flags.limit, 2);
  assert.equal(flags.watch, false);
});

test('what is wrong is named', () => {
  const cases: [string[], RegExp][] = [
    [['--namespce', 'a'], /unknown flag: --namespce \(did you mean --namespace\?\)/],
    [['--constructor'], /unknown flag: --constructor$/],
    [['-x'], /unknown shorthand flag: 'x' in -x/],
    [['-n'], /flag needs an argument: -n/],
    [['--limit=many'], /invalid value "many" for --limit/],
    [['--watch=perhaps'], /invalid value "perhaps" for --watch/],
    [['-o', 'xml'], /invalid value "xml" for --output: allowed are json, yaml/],
    [['-wx'], /unknown shorthand flag: 'x' in -wx/],
    [['-wn'], /flag needs an argument: -wn/],
  ];
  for (const [words, message] of cases) {
    assert.throws(
      () => parseFlags(words, table),
      (error) => error instanceof UsageError && message.test(error.message),
      words.join(' '),
    );
  }
});

test('the nearest word is close or absent', () => {
  assert.equal(nearest('psot', ['pods', 'post', 'services']), 'post');
  assert.equal(nearest('srevices', ['pods', 'services']), 'services');
  assert.equal(nearest('xyzzy', ['pods', 'services']), undefined);
});
