import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInt64, parseExactJson, wideInteger, writeExactJson } from './exact-json.ts';

test('integers of 64 bits that a number would round come as bigints', () => {
  for (const text of [
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    '18446744073709551615',
  ]) {
    for (const json of [`{"a":${text}}`, `{"a": ${text} }`, `{"b":1,"a":${text},"c":[]}`, `{"a":\n${text}\n}`]) {
      assert.equal(Reflect.get(Object(parseExactJson(json)), 'a'), BigInt(text), json);
    }
    assert.deepEqual(parseExactJson(`[${text},[${text}],1]`), [BigInt(text), [BigInt(text)], 1]);
    assert.equal(parseExactJson(text), BigInt(text));
  }
});

test('everything else comes as from JSON.parse', () => {
  for (const text of [
    '9007199254740991',
    '-9007199254740991',
    '18446744073709551616',
    '-9223372036854775809',
    '123456789012345678901234567890',
    '0.1234567890123456789',
    '1234567890123456789.5',
    '1234567890123456789e3',
    '"9007199254740993"',
    '"a: 9007199254740993, b"',
    '{"9007199254740993":"9007199254740993","__proto__":{"a":[null,true,-0]}}',
  ]) {
    assert.deepEqual(parseExactJson(text), JSON.parse(text), text);
    // Beside one that is exact, which makes every value be looked at.
    const beside = `[${text},9007199254740993]`;
    assert.deepEqual(parseExactJson(beside), [JSON.parse(text), 9007199254740993n], beside);
  }
  assert.throws(() => parseExactJson('{"a":9007199254740993'), SyntaxError);
});

test('what was read is written with the same digits', () => {
  const text = '{"b":9007199254740993,"a":["<&>",-9223372036854775808,18446744073709551615,1.5,null]}';
  assert.equal(writeExactJson(parseExactJson(text)), text);
  assert.equal(writeExactJson(undefined), undefined);
});

test('the 64th bit is beyond what Go reads as an integer', () => {
  assert.equal(isInt64(2n ** 63n - 1n), true);
  assert.equal(isInt64(-(2n ** 63n)), true);
  assert.equal(isInt64(2n ** 63n), false);
  assert.equal(wideInteger('+9007199254740993'), 9007199254740993n);
  assert.equal(wideInteger('00000000000000000001'), undefined);
});
