import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './duration.ts';

test('durations in Go form are read to milliseconds', () => {
  const cases: [text: string, expected: number | undefined][] = [
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['0', 0],
    ['', undefined],
    ['5', undefined],
    ['5x', undefined],
    ['5s7', undefined],
    ['x5s', undefined],
    ['-5s', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});
