import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { detachFilter, parseDetachKeys } from './detach-keys.ts';
import { ByteOutput, LineOutput, ReaderGone } from './output.ts';

const hostile = Buffer.from('plain\tx\r\n\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\x9b1m\n');

test('on a terminal only colours come through, and they end with their line; elsewhere every byte does', async () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  await new ByteOutput({ stdout: terminal }).write(hostile);
  assert.equal(String(terminal.read()), 'plain\tx\r\n\x1b[31mred\x1b[0m \\x1b]0;title\\x07 \\x1b[2J\\x9b1m\x1b[0m\n');
  const file = new PassThrough();
  await new ByteOutput({ stdout: file }).write(hostile);
  assert.deepEqual(file.read(), hostile);
});

test('a prefix stands before lines, not before pieces of one', async () => {
  const stdout = new PassThrough();
  const lines = new LineOutput(new ByteOutput({ stdout }), '[p] ');
  for (const piece of ['a\n', 'b', 'c\n', 'd']) await lines.write(Buffer.from(piece));
  stdout.end();
  assert.equal(await text(stdout), '[p] a\n[p] bc\n[p] d');
});

test('a reader that is slow is waited for, one that went ends the output', async () => {
  const stdout = new PassThrough({ highWaterMark: 4 });
  const output = new ByteOutput({ stdout });
  const written = output.write(Buffer.from('more than that'));
  const first = await Promise.race([written.then(() => 'written'), Promise.resolve('waits')]);
  assert.equal(first, 'waits');
  stdout.resume();
  await written;
  stdout.pause();
  const waiting = output.write(Buffer.from('nobody reads this'));
  stdout.destroy(new Error('EPIPE'));
  await assert.rejects(waiting, ReaderGone);
});

test('the keys that leave a session are taken out, and only whole', async () => {
  let left = 0;
  const filter = detachFilter(parseDetachKeys('ctrl-p,ctrl-q'), () => left++);
  const passed: Buffer[] = [];
  filter.on('data', (chunk: Buffer) => passed.push(chunk));
  for (const keys of ['a\x10', 'b\x10\x10', '\x11c', '\x10']) filter.write(keys);
  filter.end();
  await once(filter, 'end');
  assert.deepEqual([Buffer.concat(passed).toString(), left], ['a\x10b\x10c\x10', 1]);
  assert.throws(() => parseDetachKeys('ctrl-p,shift-q'), /invalid --detach-keys/);
});
