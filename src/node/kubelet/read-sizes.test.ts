import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { readSizes } from './read-sizes.ts';

function collect(...chunks: readonly (string | Buffer)[]): { seen: string[]; stream: PassThrough } {
  const stream = new PassThrough();
  const sizes = readSizes(stream);
  const seen: string[] = [];
  sizes.onChange(({ columns, rows }) => seen.push(`${columns}x${rows}`));
  for (const chunk of chunks) stream.emit('data', Buffer.from(chunk));
  return { seen, stream };
}

test('sizes come one by one, however they are cut into pieces', () => {
  const first = '{"Width":81,"Height":25}\n';
  assert.deepEqual(collect(first, '{"Height":7,"Width":9}').seen, ['81x25', '9x7']);
  assert.deepEqual(collect(...`${first}${first}{"Width":1,"Height":65535}`).seen, ['81x25', '81x25', '1x65535']);
});

test('a part that is zero or missing means nothing; the next size counts', () => {
  const next = '{"Width":2,"Height":3}';
  assert.deepEqual(collect('{"Width":0,"Height":5}', '{"Width":5}', '{}', next).seen, ['2x3']);
});

test('after what is no size nothing more is taken, and the stream flows on', () => {
  const good = '{"Width":2,"Height":3}';
  for (const bad of [
    '{"Width":65536,"Height":3}',
    '{"Width":-1,"Height":3}',
    '{"Width":1.5,"Height":3}',
    '{"Width":"80","Height":"24"}',
    '{"Width":1e99,"Height":3}',
    '80x24}',
    '[1,2]}',
    '{"Width":{"a":1},"Height":2}',
    'x'.repeat(2000),
    Buffer.from([0xff, 0xfe, 0x7d]),
  ]) {
    const { seen, stream } = collect(good, bad, good);
    assert.deepEqual(seen, ['2x3'], String(bad));
    assert.equal(stream.listenerCount('data'), 0);
    assert.equal(stream.isPaused(), false);
  }
});

test('the first size is waited for, and the default is taken where none comes', async () => {
  const stream = new PassThrough();
  const sizes = readSizes(stream);
  const first = sizes.first(60_000);
  stream.write('{"Width":10,"Height":4}');
  assert.deepEqual(await first, { columns: 10, rows: 4 });
  assert.deepEqual(await sizes.first(60_000), { columns: 10, rows: 4 });
  assert.deepEqual(await readSizes(new PassThrough()).first(1), { columns: 80, rows: 24 });
});

test('a size that came while this process was held up is not late', async () => {
  const stream = new PassThrough();
  const first = readSizes(stream).first(80);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  setImmediate(() => stream.write('{"Width":10,"Height":4}'));
  assert.deepEqual(await first, { columns: 10, rows: 4 });
});
