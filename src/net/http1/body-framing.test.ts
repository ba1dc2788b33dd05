import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BodyFraming } from './body-framing.ts';
import { BodyTracker, FramingError } from './body-framing.ts';

/** Feeds `bytes` in pieces that end at `cuts`; returns the payload and how many bytes belonged to the body. */
function track(
  framing: BodyFraming,
  bytes: Buffer,
  cuts: readonly number[],
): { payload: string; used: number; done: boolean } {
  const tracker = new BodyTracker(framing);
  let payload = '';
  let used = 0;
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    if (tracker.done) break;
    const piece = bytes.subarray(from, to);
    const end = tracker.advance(piece, 0, (part) => {
      payload += part.toString('latin1');
    });
    used += end;
    if (!tracker.done) assert.equal(end, piece.length);
    from = to;
  }
  return { payload, used, done: tracker.done };
}

const bodies: [string, BodyFraming, string, string][] = [
  ['length', { kind: 'length', length: 5 }, 'abcde', 'abcde'],
  ['chunks', { kind: 'chunked' }, '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', 'abcde'],
  ['extensions and trailers', { kind: 'chunked' }, '5 ;a="b\tc"\r\nabcde\r\n000\r\nX-A: 1\r\nX-B: 2\r\n\r\n', 'abcde'],
  [
    'hexadecimal of both cases',
    { kind: 'chunked' },
    `1A\r\n${'x'.repeat(26)}\r\n1a \r\n${'y'.repeat(26)}\r\n0\r\n\r\n`,
    'x'.repeat(26) + 'y'.repeat(26),
  ],
  ['nothing', { kind: 'chunked' }, '0\r\n\r\n', ''],
  ['line breaks in the payload', { kind: 'chunked' }, '6\r\n\r\n0\r\n\r\r\n0\r\n\r\n', '\r\n0\r\n\r'],
];

test('the end of a body is found wherever the bytes are cut', () => {
  for (const [name, framing, wire, payload] of bodies) {
    const bytes = Buffer.from(`${wire}GET / HTTP/1.1`, 'latin1');
    const expected = { payload, used: wire.length, done: true };
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.deepEqual(track(framing, bytes, [cut]), expected, `${name}, cut at ${cut}`);
    const everywhere = Array.from(bytes.keys());
    assert.deepEqual(track(framing, bytes, everywhere), expected, `${name}, byte by byte`);
  }
});

test('a body that is not finished is never taken for one', () => {
  for (const [name, framing, wire] of bodies) {
    for (let length = 0; length < wire.length; length++) {
      const tracker = new BodyTracker(framing);
      tracker.advance(Buffer.from(wire.slice(0, length), 'latin1'), 0);
      assert.equal(tracker.end(), false, `${name}, ${length} bytes`);
    }
  }
  assert.equal(new BodyTracker({ kind: 'close' }).end(), true);
});

test('chunked framing that could be read in two ways is refused', () => {
  for (const wire of [
    'g\r\n',
    '\r\n',
    '-1\r\n',
    '0x5\r\nabcde\r\n',
    ' 5\r\nabcde\r\n',
    '5\nabcde\r\n',
    '5\rabcde\r\n',
    '5\r\nabcdef\r\n',
    '5\r\nabcde\n',
    '5\r\nabcde\r0',
    '5;a\nb\r\n',
    '5;a\0b\r\nabcde\r\n',
    '5 5\r\nabcde\r\n',
    '1000000000000\r\n',
    '0\r\nX: a\nY: b\r\n\r\n',
    '0\r\n folded\r\n\r\n',
    '0\r\n\n',
    '0\r\n\rX',
    `5;${'x'.repeat(70_000)}\r\n`,
    `0\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`,
  ]) {
    assert.throws(
      () => track({ kind: 'chunked' }, Buffer.from(wire, 'latin1'), []),
      FramingError,
      JSON.stringify(wire.slice(0, 40)),
    );
  }
});
