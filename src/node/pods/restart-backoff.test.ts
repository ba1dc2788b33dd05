import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartBackoff } from './restart-backoff.ts';

test('at once, then 10 s doubling up to 5 min, anew after a good run', () => {
  const backoff = new RestartBackoff();
  const waits = Array.from({ length: 8 }, () => backoff.after(1000) / 1000);
  assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
  assert.equal(backoff.after(601_000), 0);
  assert.equal(backoff.after(1000), 10_000);
});
