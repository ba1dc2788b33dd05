import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isReason } from '../status.ts';
import { applyMergePatch } from './merge-patch.ts';

/** RFC 7386, appendix A, where the patch is an object; then names that every object inherits. */
const cases: [original: unknown, patch: unknown, result: unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{}, { toString: { a: 1 } }, { toString: { a: 1 } }],
  [{}, JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
];

describe('JSON merge patch', () => {
  for (const [original, patch, result] of cases) {
    it(`${JSON.stringify(original)} with ${JSON.stringify(patch)}`, () => {
      const before = structuredClone({ original, patch });
      assert.deepEqual(applyMergePatch(original, patch), result);
      assert.deepEqual({ original, patch }, before, 'the arguments are as they were');
    });
  }

  for (const patch of [['c'], 'bar', null]) {
    it(`refuses ${JSON.stringify(patch)}, which would leave no object`, () => {
      assert.throws(
        () => applyMergePatch({ a: 'b' }, patch),
        (error) => isReason(error, 'BadRequest'),
      );
    });
  }

  it('refuses what nests without end, instead of running out of stack', () => {
    const depth = 100_000;
    const patch: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    assert.throws(
      () => applyMergePatch({}, patch),
      (error) => isReason(error, 'BadRequest') && /levels deep/.test(error.message),
    );
  });
});
