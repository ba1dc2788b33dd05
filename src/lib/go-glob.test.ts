import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadPattern, compilePattern } from './go-glob.ts';

/** From the tests of Go's `path/filepath`. */
const cases: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*b*c*d*e*', 'axbxcxdxexxx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['ab[!c]', 'ab!', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', '-', true],
  ['[z-a]', 'b', false],
  ['[^z-a]', 'b', true],
  ['a.c', 'abc', false],
  ['*.yaml', '.yaml', true],
  ['{a,b}', 'a', false],
  ['**', 'a\nb', true],
];

test('patterns match as those of Go do', () => {
  for (const [pattern, name, matches] of cases) {
    assert.equal(compilePattern(pattern).test(name), matches, `${pattern} ${name}`);
  }
  for (const pattern of [
    '[]a]',
    '[-]',
    '[x-]',
    '[-x]',
    '[a-b-c]',
    '[',
    '[^',
    '[^bc',
    'a[',
    'a\\',
    '[]',
    '[a-',
    '[a-]',
  ]) {
    assert.throws(() => compilePattern(pattern), BadPattern, pattern);
  }
});
