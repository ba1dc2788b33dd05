import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goText } from './go-text.ts';

/** What kubectl 1.36 prints with `-o jsonpath` of each number of a custom resource. */
const numbers: readonly (readonly [number: number | bigint, printed: string])[] = [
  [0, '0'],
  [1000000, '1000000'],
  [9007199254740991, '9007199254740991'],
  [9007199254740993n, '9007199254740993'],
  [-(2n ** 63n), '-9223372036854775808'],
  [12345678901234567890n, '1.2345678901234567e+19'],
  [18446744073709552000, '1.8446744073709552e+19'],
  [123456.5, '123456.5'],
  [1234567.5, '1.2345675e+06'],
  [-1234567.5, '-1.2345675e+06'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1e21, '1e+21'],
  [1.5e30, '1.5e+30'],
];

test('numbers are written as Go writes int64 and float64', () => {
  for (const [number, printed] of numbers) assert.equal(goText(number), printed);
  assert.equal(goText({ b: [1n, 1.5], a: 2 ** 70 }), 'map[a:1.1805916207174113e+21 b:[1 1.5]]');
});
