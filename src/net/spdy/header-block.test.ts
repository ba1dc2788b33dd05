import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createDeflate, inflateSync } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';
import { HeaderDecoder, HeaderEncoder } from './header-block.ts';

const headers = new Map([
  ['streamtype', 'error'],
  ['port', '8080'],
  ['requestid', '0'],
]);

test('what zlib itself compresses with the dictionary is read, block after block of one context', async () => {
  using decoder = new HeaderDecoder();
  const deflate = createDeflate({ dictionary: headerDictionary() });
  for (let i = 0; i < 5; i++) {
    const pairs = [...headers].flat();
    const plain: Buffer[] = [Buffer.from([0, 0, 0, headers.size])];
    for (const text of pairs) plain.push(Buffer.from([0, 0, 0, text.length]), Buffer.from(text));
    const pieces: Buffer[] = [];
    const keep = (piece: Buffer) => pieces.push(piece);
    deflate.on('data', keep);
    deflate.write(Buffer.concat(plain));
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    deflate.off('data', keep);
    assert.deepEqual(await decoder.decode(Buffer.concat(pieces)), headers);
  }
});

test('what we write is one zlib stream with the dictionary preset, and is read by us', async () => {
  using decoder = new HeaderDecoder();
  const encoder = new HeaderEncoder();
  const long = new Map([['name', 'v'.repeat(20_000)]]);
  const blocks = [headers, long, new Map<string, string>(), headers].map(
    (each) => [each, encoder.encode(each)] as const,
  );
  for (const [given, block] of blocks) assert.deepEqual(await decoder.decode(block), given);
  const whole = Buffer.concat(blocks.map(([, block]) => block));
  const plain = inflateSync(whole, { dictionary: headerDictionary(), finishFlush: constants.Z_SYNC_FLUSH });
  assert.equal(
    plain.length,
    [headers, long, new Map<string, string>(), headers].reduce((sum, each) => {
      for (const [name, value] of each) sum += 8 + name.length + value.length;
      return sum + 4;
    }, 0),
  );
});

test('a small block that would grow without end is given up, and every later one', async () => {
  using decoder = new HeaderDecoder();
  const deflate = createDeflate({ dictionary: headerDictionary() });
  const pieces: Buffer[] = [];
  deflate.on('data', (piece: Buffer) => pieces.push(piece));
  deflate.end(Buffer.alloc(30_000_000));
  await new Promise((resolve) => deflate.once('end', resolve));
  const bomb = Buffer.concat(pieces);
  assert.ok(bomb.length < 64 * 1024);
  await assert.rejects(decoder.decode(bomb), /larger than 32768 bytes/);
  await assert.rejects(decoder.decode(bomb), /larger than 32768 bytes/);
});

test('blocks that lie, repeat or shout are refused', async () => {
  const block = (hex: string) => {
    const plain = Buffer.from(hex, 'hex');
    const head = Buffer.from([0, plain.length, 0, ~plain.length & 255, 255]);
    return Buffer.concat([Buffer.from('78bbe3c6a7c2', 'hex'), head, plain, Buffer.from('000000ffff', 'hex')]);
  };
  const one = '0000000161' + '0000000162';
  const cases: [string, RegExp][] = [
    ['', /cut short/],
    ['00000001', /cut short/],
    ['000000ff', /more than 100/],
    ['00000001ffffffff61', /lie about their length/],
    [`00000002${one}${one}`, /there twice/],
    [`00000001${one}00`, /more than the headers/],
    ['0000000100000001410000000162', /lower case/],
    ['00000001000000000000000162', /lower case/],
  ];
  for (const [hex, expected] of cases) {
    using decoder = new HeaderDecoder();
    await assert.rejects(decoder.decode(block(hex)), expected, hex);
  }
});
