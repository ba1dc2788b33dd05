import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leastLoaded } from './least-loaded.ts';
import { leastOfTwo } from './least-of-two.ts';

const named = (...inFlight: number[]) => inFlight.map((load, index) => ({ name: index, inFlight: load }));

test('of two taken by chance the less busy one is chosen, and the two are never the same', () => {
  const sequence =
    (...numbers: number[]) =>
    () =>
      numbers.shift() ?? 0;
  assert.equal(leastOfTwo(named(5, 1, 9), sequence(0, 0))?.name, 1);
  assert.equal(leastOfTwo(named(5, 1, 9), sequence(0, 0.99))?.name, 0);
  assert.equal(leastOfTwo(named(5, 1, 9), sequence(0.99, 0.99))?.name, 1);
  assert.equal(leastOfTwo(named(7))?.name, 0);
  assert.equal(leastOfTwo([]), undefined);
  // The busiest of three always meets a less busy one.
  for (let i = 0; i < 200; i++) assert.notEqual(leastOfTwo(named(1, 9, 1))?.name, 1);
});

test('the least loaded of all is chosen, equals by chance', () => {
  const chosen = new Set(Array.from({ length: 200 }, () => leastLoaded(named(3, 1, 1, 2))?.name));
  assert.deepEqual(chosen, new Set([1, 2]));
  assert.equal(leastLoaded([]), undefined);
});
