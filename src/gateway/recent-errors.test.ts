import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentErrors } from './recent-errors.ts';

test('what repeats is counted, the latest is first, and only so many are kept', () => {
  const errors = new RecentErrors();
  errors.note('app', 'No pod.');
  errors.note('api', 'No pod.');
  errors.note('app', 'No pod.');
  assert.deepEqual(
    errors.list().map(({ where, count }) => [where, count]),
    [
      ['app', 2],
      ['api', 1],
    ],
  );
  for (let i = 0; i < 1000; i++) errors.note('app', `${i} ${'x'.repeat(10_000)}`);
  assert.ok(errors.list().length <= 50);
  assert.match(errors.list()[0]?.text ?? '', /^999 x+…$/);
  assert.ok((errors.list()[0]?.text.length ?? 0) <= 300);
});
