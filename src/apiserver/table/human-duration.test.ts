import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, humanDuration } from './human-duration.ts';

test('ages have the units that kubectl shows', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: [milliseconds: number, expected: string][] = [
    [-5 * second, '<invalid>'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 30 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [7 * day + 5 * hour, '7d5h'],
    [729 * day, '729d'],
    [2 * 365 * day + 3 * day, '2y3d'],
    [9 * 365 * day, '9y'],
  ];
  for (const [milliseconds, expected] of cases) assert.equal(humanDuration(milliseconds), expected);
  assert.equal(ageOf(undefined, new Date()), '<unknown>');
  assert.equal(ageOf('2024-01-01T00:00:00Z', new Date('2024-01-01T00:01:00Z')), '60s');
});
