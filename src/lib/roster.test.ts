import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Roster } from './roster.ts';

test('a roster holds what was added and not deleted, whatever the order', () => {
  const roster = new Roster<{ name: number; rosterIndex: number }>();
  const entries = Array.from({ length: 50 }, (_, name) => ({ name, rosterIndex: -1 }));
  const names = (): number[] => [...roster].map(({ name }) => name).sort((a, b) => a - b);
  for (const entry of entries) roster.add(entry);
  const gone = entries.filter(({ name }) => name % 3 === 0 || name > 40);
  for (const entry of gone) roster.delete(entry);
  // What is in none stays so, also where the place it had is taken.
  for (const entry of gone) roster.delete(entry);
  const left = entries.filter((entry) => !gone.includes(entry));
  assert.deepEqual(
    names(),
    left.map(({ name }) => name),
  );
  assert.equal(roster.size, left.length);
  roster.add(gone[0] ?? assert.fail());
  for (const entry of left.toReversed()) roster.delete(entry);
  assert.deepEqual(names(), [0]);
});
