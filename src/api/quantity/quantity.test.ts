import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuantity, Quantity } from './quantity.ts';

/** Pairs as kube-apiserver 1.36 keeps them in a pod's resources. */
const canonical: readonly [string, string][] = [
  ['0', '0'],
  ['0.0', '0'],
  ['1', '1'],
  ['0.5', '500m'],
  ['1500m', '1500m'],
  ['2000m', '2'],
  ['0.0005', '1m'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['1023', '1023'],
  ['1025Ki', '1025Ki'],
  ['0.5Ki', '512'],
  ['1000', '1k'],
  ['1e3', '1e3'],
  ['12E2', '1200'],
  ['100000000', '100M'],
  ['+1', '1'],
  ['-1', '-1'],
  ['.5', '500m'],
  ['1.', '1'],
];

test('every quantity has one canonical text', () => {
  for (const [text, expected] of canonical) {
    const quantity = parseQuantity(text);
    assert.equal(quantity?.roundUpToThousandths().toString(), expected, text);
  }
});

test('values compare across suffixes', () => {
  const compare = (one: string, other: string) => {
    const [first, second] = [parseQuantity(one), parseQuantity(other)];
    assert.ok(first !== undefined && second !== undefined);
    return first.compare(second);
  };
  assert.equal(compare('1Ki', '1024'), 0);
  assert.equal(compare('1k', '1Ki'), -1);
  assert.equal(compare('1', '999m'), 1);
  assert.equal(compare('1e3', '1k'), 0);
  assert.equal(parseQuantity('1500m')?.toNumber(), 1.5);
  assert.equal(parseQuantity('1500m')?.isInteger(), false);
  assert.equal(parseQuantity('2000m')?.isInteger(), true);
});

test('other texts are no quantities', () => {
  for (const text of ['', 'abc', '1 ', '1kb', '1KI', '--1', '1e', '1.2.3', 'Gi', '0x10', '1e3Ki']) {
    assert.equal(parseQuantity(text), undefined, text);
  }
});

test('sums are exact, and written as the first that is not zero', () => {
  const sum = (...texts: string[]): string =>
    texts
      .map((text) => parseQuantity(text) ?? new Quantity(0n, 0))
      .reduce((a, b) => a.plus(b))
      .toString();
  assert.equal(sum('100m', '0.9'), '1');
  assert.equal(sum('0', '64Mi', '64Mi'), '128Mi');
  assert.equal(sum('1Gi', '1k'), '1073742824');
  assert.equal(sum('0.1', '0.2'), '300m');
});

test('a quantity is written with the suffixes of another', () => {
  const like = (text: string, other: string): string | undefined =>
    parseQuantity(text)
      ?.writtenAs(parseQuantity(other) ?? new Quantity(0n, 0))
      .toString();
  assert.equal(like('2048k', '1Gi'), '2000Ki');
  assert.equal(like('1500m', '1Ki'), '2');
  assert.equal(like('1500m', '4'), '1500m');
});
