import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeastInFlight } from './least-in-flight.ts';

test('the least busy candidate is taken, equals in turn', () => {
  const balance = new LeastInFlight();
  const pick = (): string | undefined => balance.pick(['a', 'b', 'c'], (key) => key);
  assert.deepEqual(new Set([pick(), pick(), pick()]), new Set(['a', 'b', 'c']));
  const over = ['a', 'a', 'b', 'c'].map((key) => balance.begin(key));
  assert.notEqual(pick(), 'a');
  over[2]?.();
  over[2]?.();
  assert.deepEqual([pick(), pick(), pick()], ['b', 'b', 'b']);
  for (const end of over) end();
  assert.deepEqual(new Set([pick(), pick(), pick()]), new Set(['a', 'b', 'c']));
  assert.equal(balance.pick([], String), undefined);
});
