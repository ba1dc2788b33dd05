import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalJson } from './equal-json.ts';

test('values are equal by what they say', () => {
  const equal: [unknown, unknown][] = [
    [
      { a: 1, b: [{ c: null }] },
      { b: [{ c: null }], a: 1 },
    ],
    [[], []],
    ['', ''],
    [JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
  ];
  const different: [unknown, unknown][] = [
    [{ a: null }, {}],
    [{ a: undefined }, { b: undefined }],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [{ toString: 1 }, {}],
    [{}, { toString: 1 }],
    [JSON.parse('{"__proto__":{"a":1}}'), { b: 1 }],
    [1, '1'],
    [null, undefined],
  ];
  for (const [a, b] of equal) assert.ok(equalJson(a, b), JSON.stringify([a, b]));
  for (const [a, b] of different) assert.ok(!equalJson(a, b) && !equalJson(b, a), JSON.stringify([a, b]));
});
