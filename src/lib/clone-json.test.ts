import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloneJson } from './clone-json.ts';

test('a copy is equal and shares nothing', () => {
  const original: unknown = JSON.parse('{"a":[1,{"b":null}],"__proto__":{"c":"d"}}');
  const copy = cloneJson(original) as { a: { b: unknown }[] };
  assert.deepEqual(copy, original);
  assert.ok(Object.hasOwn(copy, '__proto__'));
  copy.a[1] = { b: 1 };
  assert.equal(JSON.stringify(original), '{"a":[1,{"b":null}],"__proto__":{"c":"d"}}');
});
