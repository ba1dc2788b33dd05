import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { WorkQueue } from './work-queue.ts';

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

test('a key added many times is processed once, and once more when added while it runs', async () => {
  const stop = new AbortController();
  const runs: string[] = [];
  const [begun, go, again] = [gate(), gate(), gate()];
  const queue = new WorkQueue({
    signal: stop.signal,
    workers: 3,
    async process(key) {
      runs.push(key);
      if (runs.length === 2) return again.open();
      begun.open();
      await go.promise;
    },
  });
  for (let i = 0; i < 5; i++) queue.add('a');
  await begun.promise;
  for (let i = 0; i < 5; i++) queue.add('a');
  await new Promise(setImmediate);
  assert.deepEqual(runs, ['a'], 'never twice at a time');
  go.open();
  await again.promise;
  await queue.stopped();
  assert.deepEqual(runs, ['a', 'a']);
  stop.abort();
});

test('no more workers than allowed', async () => {
  const stop = new AbortController();
  let active = 0;
  let most = 0;
  const queue = new WorkQueue({
    signal: stop.signal,
    workers: 2,
    async process() {
      most = Math.max(most, ++active);
      await new Promise(setImmediate);
      active--;
    },
  });
  for (const key of 'abcdefgh') queue.add(key);
  await queue.stopped();
  assert.equal(most, 2);
  stop.abort();
});

test('a failure is tried again, later each time, until it succeeds', async () => {
  const stop = new AbortController();
  const failures: number[] = [];
  const done = gate();
  const queue = new WorkQueue({
    signal: stop.signal,
    backoff: { baseMs: 1, maxMs: 5 },
    async process() {
      if (failures.length < 3) throw new Error('not yet');
      done.open();
    },
    onError: (_error, key, count) => failures.push(key === 'a' ? count : Number.NaN),
  });
  // Timers of the queue keep no process alive; the test's does.
  const alive = setTimeout(() => {}, 10_000);
  queue.add('a');
  await done.promise;
  clearTimeout(alive);
  assert.deepEqual(failures, [1, 2, 3]);
  stop.abort();
});

test('of several times for one key the earliest counts; nothing starts after the signal', async () => {
  const stop = new AbortController();
  const runs: string[] = [];
  const first = gate();
  const queue = new WorkQueue({
    signal: stop.signal,
    async process(key) {
      runs.push(key);
      first.open();
    },
  });
  const alive = setTimeout(() => {}, 10_000);
  queue.addAfter('a', 5_000);
  queue.addAfter('a', 1);
  queue.addAfter('a', 5_000);
  await first.promise;
  clearTimeout(alive);
  queue.add('b');
  stop.abort();
  queue.add('c');
  queue.addAfter('d', 0);
  await queue.stopped();
  assert.deepEqual(runs, ['a']);
});

test('what is planned keeps its process alive until it is done or the signal fires', async () => {
  const code = `import { WorkQueue } from ${JSON.stringify(import.meta.resolve('./work-queue.ts'))};
const stop = new AbortController();
const queue = new WorkQueue({
  signal: stop.signal,
  process: async (key) => {
    console.log(key);
    stop.abort();
  },
});
queue.addAfter('later', 600_000);
queue.addAfter('soon', 20);`;
  const args = ['--input-type=module', '-e', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  assert.equal(stdout, 'soon\n');
});

test('between keys the event loop has its turn, whatever the work is', async () => {
  const stop = new AbortController();
  const most = 100_000;
  let runs = 0;
  const queue = new WorkQueue({
    signal: stop.signal,
    workers: 2,
    async process(key) {
      runs++;
      if (runs === 1) setTimeout(() => stop.abort(), 1);
      if (runs === most) stop.abort();
      queue.add(key);
    },
  });
  for (const key of 'abc') queue.add(key);
  await queue.stopped();
  assert.ok(runs < most, 'the timer came first');
});

test('a queue with nothing to do is not known to its signal', async () => {
  const stop = new AbortController();
  const listeners = () => getEventListeners(stop.signal, 'abort').length;
  const done = gate();
  const queue = new WorkQueue({
    signal: stop.signal,
    async process(key) {
      if (key === 'last') done.open();
    },
  });
  assert.equal(listeners(), 0);
  queue.addAfter('first', 1);
  queue.addAfter('last', 2);
  assert.equal(listeners(), 1);
  const alive = setTimeout(() => {}, 10_000);
  await done.promise;
  clearTimeout(alive);
  await queue.stopped();
  assert.equal(listeners(), 0);
  queue.addAfter('never', 600_000);
  stop.abort();
  assert.equal(listeners(), 0);
});

test('a queue without workers is refused', () => {
  const { signal } = new AbortController();
  const process = async () => {};
  for (const workers of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => new WorkQueue({ process, workers, signal }), RangeError);
  }
});

test('an onError that throws is an uncaught error, and the queue goes on', async () => {
  const child = `
    import { WorkQueue } from '${new URL('work-queue.ts', import.meta.url)}';
    process.on('uncaughtException', (error) => console.log('uncaught', error.message));
    let runs = 0;
    const queue = new WorkQueue({
      signal: new AbortController().signal,
      backoff: { baseMs: 1, maxMs: 1 },
      process: async (key) => { if (++runs < 3) throw new Error('not yet'); console.log(key, runs); },
      onError: (error, key, failures) => { throw new Error('handler ' + failures); },
    });
    queue.add('a');
    await new Promise((resolve) => setImmediate(resolve));
    await queue.stopped();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', child]);
  assert.equal(stdout, 'uncaught handler 1\nuncaught handler 2\na 3\n');
});
