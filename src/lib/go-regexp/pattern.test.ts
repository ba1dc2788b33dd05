import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GoPattern } from './pattern.ts';
import { PatternError } from './syntax.ts';

/** What Go 1.26 said of random patterns: which texts match and which do not; and patterns that it refuses. */
const vectors: {
  matches: [pattern: string, yes: string[], no: string[]][];
  refused: string[];
} = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8'));

test('patterns match what they match in Go', () => {
  assert.ok(vectors.matches.length > 200);
  for (const [source, yes, no] of vectors.matches) {
    const pattern = new GoPattern(source);
    for (const text of yes) assert.equal(pattern.test(text), true, `${source} on ${JSON.stringify(text)}`);
    for (const text of no) assert.equal(pattern.test(text), false, `${source} on ${JSON.stringify(text)}`);
  }
});

test('patterns that Go refuses are refused', () => {
  assert.ok(vectors.refused.length > 100);
  for (const source of vectors.refused) assert.throws(() => new GoPattern(source), PatternError, source);
});

test('a refusal names the part that is wrong', () => {
  const cases: [string, RegExp][] = [
    ['a(b', /missing closing \): `a\(b`/],
    ['a)', /unexpected \): `a\)`/],
    ['[a', /missing closing \]: `\[a`/],
    ['*', /missing argument to repetition operator: `\*`/],
    ['(?=a)', /invalid or unsupported Perl syntax: `\(\?=`/],
    ['a{1001}', /invalid repeat count: `\{1001\}`/],
    ['\\Z', /invalid escape sequence: `\\Z`/],
    ['((a{100}){100}){100}', /invalid repeat count/],
    ['(?:(?:a{900}b){1}c){1}'.repeat(30), /expression too large/],
    [`${'('.repeat(1100)}${')'.repeat(1100)}`, /nests too deeply/],
  ];
  for (const [source, message] of cases) assert.throws(() => new GoPattern(source), message);
});

test('patterns that make backtracking run away end', () => {
  const long = `/${'a'.repeat(20_000)}`;
  for (const source of ['(a+)+$b', '^(a|a)*c', '(a*)*c', '(.*)(.*)(.*)(.*)c', '^(([a-z])+.)+[A-Z]([a-z])+$'])
    assert.equal(new GoPattern(source).test(long), false);
});
