import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HistoryLimits } from './history.ts';
import { History } from './history.ts';

const limits: HistoryLimits = { maxAgeMs: 800, maxRevisions: 80, maxBytes: 8000 };

it('history within every limit stays', () => {
  let now = 0;
  const history = new History(limits, { compacted: 1, current: 1 }, () => now);
  for (let revision = 2; revision <= 70; revision += 1) {
    now += 10;
    history.note(revision, 100);
    assert.equal(history.due(), undefined);
  }
});

it('what is old is forgotten, what is young stays', () => {
  let now = 0;
  const history = new History(limits, { compacted: 1, current: 1 }, () => now);
  const writtenAt = new Map<number, number>();
  let forgotten = 1;
  for (let revision = 2; revision <= 200; revision += 1) {
    now += 50;
    writtenAt.set(revision, now);
    history.note(revision, 1);
    const due = history.due();
    if (due === undefined) continue;
    assert.ok(due >= forgotten);
    forgotten = due;
    const age = now - (writtenAt.get(due) ?? 0);
    assert.ok(age >= 800 && age < 1000, `${age} ms`);
  }
  assert.ok(forgotten > 150);
});

it('a burst is forgotten by number and by bytes, however young', () => {
  const perRevision = { few: 1, large: 1000 };
  for (const bytes of Object.values(perRevision)) {
    const history = new History(limits, { compacted: 1, current: 1 }, () => 0);
    let forgotten = 1;
    for (let revision = 2; revision <= 1000; revision += 1) {
      history.note(revision, bytes);
      forgotten = history.due() ?? forgotten;
      const kept = revision - forgotten;
      assert.ok(kept <= 80 && kept * bytes <= 8000, `${kept} of ${bytes} bytes kept`);
    }
    assert.ok(forgotten > 900 && forgotten <= 1000);
  }
});

it('what an earlier process left counts from the start on', () => {
  let now = 0;
  const history = new History(limits, { compacted: 1, current: 50 }, () => now);
  assert.equal(history.due(), undefined);
  now = 800;
  assert.equal(history.due(), 50);
  assert.equal(history.due(), undefined);
  assert.equal(new History(limits, { compacted: 1, current: 500 }, () => 0).due(), 500);
});
