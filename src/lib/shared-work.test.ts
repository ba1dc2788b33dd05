import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedWork } from './shared-work.ts';

test('callers share a run, leave on their own, and the last one to leave stops it', async () => {
  const runs: { signal: AbortSignal; finish: (value: number) => void; fail: (error: Error) => void }[] = [];
  const work = new SharedWork<number>((signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    runs.push({ signal, finish: resolve, fail: reject });
    return promise;
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const joined = [work.join(first.signal), work.join(second.signal)];
  const outcome = Promise.allSettled(joined);
  assert.equal(runs.length, 1);
  first.abort(new Error('left'));
  await assert.rejects(joined[0] ?? Promise.resolve(), /left/);
  assert.equal(runs[0]?.signal.aborted, false);
  second.abort(new Error('left too'));
  await outcome;
  assert.equal(runs[0]?.signal.aborted, true);
  assert.equal(work.running, false);

  const again = [work.join(new AbortController().signal), work.join(new AbortController().signal)];
  assert.equal(runs.length, 2);
  runs[1]?.finish(7);
  assert.deepEqual(await Promise.all(again), [7, 7]);
  assert.equal(work.running, false);

  const failing = work.join(new AbortController().signal);
  runs[2]?.fail(new Error('no'));
  await assert.rejects(failing, /no/);
  assert.equal(work.running, false);
});
