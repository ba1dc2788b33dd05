import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteQueue } from './byte-queue.ts';

test('bytes leave in the order in which they came, whatever the sizes of the pieces', () => {
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
  for (const sizes of [[1], [100_000], [1, 20_000, 3, 3, 16_384, 10_000], [0, 900, 900]]) {
    const queue = new ByteQueue();
    const left: Buffer[] = [];
    for (let at = 0, i = 0; at < sent.length; i++) {
      const piece = sent.subarray(at, at + (sizes[i % sizes.length] ?? 0));
      queue.push(piece);
      at += piece.length;
      if (i % 5 === 4) left.push(queue.shift() ?? Buffer.alloc(0));
    }
    assert.equal(queue.length, sent.length - left.reduce((sum, { length }) => sum + length, 0));
    left.push(queue.takeAll());
    assert.ok(Buffer.concat(left).equals(sent), sizes.join());
    assert.equal(queue.length, 0);
    assert.equal(queue.shift(), undefined);
    assert.equal(queue.takeAll().length, 0);
  }
});

test('single bytes are copied together, large pieces are kept as they are', () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 100_000; i++) queue.push(Buffer.from([i & 255]));
  let pieces = 0;
  while (queue.shift() !== undefined) pieces++;
  assert.ok(pieces < 20, `${pieces} pieces`);
  const large = Buffer.alloc(20_000);
  queue.push(large);
  assert.equal(queue.takeAll(), large);
});
