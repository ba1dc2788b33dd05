import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyOutput, writeTo } from './copy-output.ts';

const never = new Promise<never>(() => {});

test('a reader that is slow loses nothing, however long ago the process ended', async () => {
  const source = new PassThrough({ highWaterMark: 1 << 20 });
  const text = 'x'.repeat(50_000);
  for (let at = 0; at < text.length; at += 10_000) source.write(text.slice(at, at + 10_000));
  source.end();
  let taken = '';
  await copyOutput(source, Promise.resolve(), async (chunk) => {
    // More, all in all, than an output is waited for that others keep open.
    await sleep(150);
    taken += chunk;
  });
  assert.equal(taken, text);
});

test('an output that others keep open is given up after the end of the process, and not before', async () => {
  const source = new PassThrough();
  source.write('its last words');
  const exited = Promise.withResolvers<void>();
  let taken = '';
  const copied = copyOutput(source, exited.promise, async (chunk) => {
    taken += chunk;
  });
  assert.equal(await Promise.race([copied.then(() => 'given up'), sleep(700, 'waiting')]), 'waiting');
  exited.resolve();
  await copied;
  assert.equal(taken, 'its last words');
  assert.equal(source.destroyed, true);
});

test('others that write without end do not hold an output open for ever', async () => {
  let written = 0;
  const source = new PassThrough({ highWaterMark: 1 << 20 });
  const chunk = Buffer.alloc(1 << 16);
  source.write(chunk);
  await copyOutput(source, Promise.resolve(), async () => {
    written += chunk.length;
    source.write(chunk);
  });
  assert.ok(written >= 4 << 20 && written < 5 << 20, `${written} bytes`);
});

test('what was destroyed is at its end, and so is what cannot be written', async () => {
  const source = new PassThrough();
  const copied = copyOutput(source, never, async () => {});
  source.destroy();
  await copied;
  const other = new PassThrough();
  other.write('x');
  await copyOutput(other, never, () => Promise.reject(new Error('disk full')));
  assert.equal(other.destroyed, true);
});

test('a target that went away takes everything', async () => {
  const target = new PassThrough({ highWaterMark: 1 });
  const { signal } = new AbortController();
  const written = writeTo(target, Buffer.from('held up'), signal);
  target.destroy();
  await written;
  await writeTo(target, Buffer.from('forgotten'), signal);
  await writeTo(undefined, Buffer.from('forgotten'), signal);
});
