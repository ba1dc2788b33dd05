import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { patience } from './patience.ts';

const holdUp = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test('patience is over after its time, and not once it was ended', async () => {
  const began = performance.now();
  let calls = 0;
  const end = patience(40, () => calls++);
  await new Promise<void>((resolve) => patience(80, resolve));
  // Timers may be a millisecond early.
  assert.ok(performance.now() - began >= 79);
  assert.equal(calls, 1);
  end();
  patience(20, () => calls++)();
  await delay(60);
  assert.equal(calls, 1);
});

test('a process that was held up reads first what came meanwhile', async () => {
  const order: string[] = [];
  const over = new Promise<void>((resolve) => {
    patience(80, () => {
      order.push('over');
      resolve();
    });
  });
  holdUp(200);
  setImmediate(() => setImmediate(() => order.push('read')));
  await over;
  assert.deepEqual(order, ['read', 'over']);
});
