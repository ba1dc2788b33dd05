import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalElement, elementText, keyElement, pathText, quoted, sortElements } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { difference, hasField, intersection, isEmptySet, parseFieldSet, pathsOf, sorted, union } from './field-set.ts';

/** Every set of the fields a, a.b, a.b.c and d. */
const everySet: FieldSet[] = Array.from({ length: 16 }, (_, bits) => {
  const has = (bit: number) => (bits & bit) !== 0;
  const c = has(4) ? { 'f:c': {} } : undefined;
  const b = has(2) ? (c === undefined ? {} : { '.': {}, ...c }) : c;
  const withB = b === undefined ? undefined : { 'f:b': b };
  const a = has(1) ? (withB === undefined ? {} : { '.': {}, ...withB }) : withB;
  return { ...(a === undefined ? {} : { 'f:a': a }), ...(has(8) ? { 'f:d': {} } : {}) };
});

function texts(set: FieldSet): Set<string> {
  return new Set([...pathsOf(set)].map(pathText));
}

describe('sets of fields', () => {
  it('join, meet and part as sets of their paths do', () => {
    for (const a of everySet) {
      for (const b of everySet) {
        const [left, right] = [texts(a), texts(b)];
        assert.deepEqual(texts(union(a, b)), left.union(right));
        assert.deepEqual(texts(intersection(a, b)), left.intersection(right));
        assert.deepEqual(texts(difference(a, b)), left.difference(right));
        assert.equal(isEmptySet(difference(a, b)), left.isSubsetOf(right));
      }
    }
  });

  it('have one form for what they hold, whatever made them', () => {
    for (const a of everySet) {
      for (const b of everySet) {
        const joined = [union(a, b), difference(a, b), intersection(a, b)];
        for (const set of joined) assert.deepEqual(set, parseFieldSet(set));
        assert.deepEqual(
          everySet.find((set) => texts(set).symmetricDifference(texts(union(a, b))).size === 0),
          union(a, b),
        );
      }
    }
  });

  it('are passed on as they are where nothing of them changes', () => {
    const set = { 'f:a': { '.': {}, 'f:b': {} }, 'f:d': {} };
    assert.equal(difference(set, { 'f:x': {}, 'f:a': { 'f:y': {} } }), set);
    assert.equal(union(set, {}), set);
  });

  it('tell their members', () => {
    const set = { 'f:a': { 'f:b': { '.': {}, 'f:c': {} } } };
    assert.ok(hasField(set, ['f:a', 'f:b']) && hasField(set, ['f:a', 'f:b', 'f:c']));
    assert.ok(!hasField(set, ['f:a']) && !hasField(set, []) && !hasField(set, ['f:a', 'f:x']));
  });

  it('are written in the order of what their elements say', () => {
    const set = Object.fromEntries(
      [
        'i:10',
        'i:9',
        'v:"b"',
        'v:true',
        'v:2',
        'v:10',
        'k:{"b":1}',
        'k:{"a":"x","b":1}',
        'k:{"a":10}',
        'k:{"a":9}',
        'f:b',
        'f:B',
        'f:\u{1f600}',
        'f:\uffff',
      ].map((element) => [element, {}]),
    );
    assert.deepEqual(Object.keys(sorted(set)), [
      'f:B',
      'f:b',
      'f:\uffff',
      'f:\u{1f600}',
      'k:{"a":9}',
      'k:{"a":10}',
      'k:{"a":"x","b":1}',
      'k:{"b":1}',
      'v:2',
      'v:10',
      'v:"b"',
      'v:true',
      'i:9',
      'i:10',
    ]);
    assert.equal(JSON.stringify(sorted({ 'f:b': {}, '.': {}, 'f:a': {} })), '{".":{},"f:a":{},"f:b":{}}');
  });

  it('are read in any spelling, without what is not known', () => {
    const read = parseFieldSet(
      JSON.parse(
        '{".":{},"k:{ \\"b\\":1.0, \\"a\\":\\"x\\"}":{".":{}},"k:{\\"a\\":\\"x\\",\\"b\\":1}":{"f:c":{}},"v:\\"\\\\u003c\\"":{},"x:new":{"f:a":{}}}',
      ),
    );
    assert.deepEqual(read, { 'k:{"a":"x","b":1}': { '.': {}, 'f:c': {} }, 'v:"\\u003c"': {} });
  });

  for (const wrong of [[], 'x', { a: {} }, { 'f:a': 1 }, { 'k:1': {} }, { 'k:{': {} }, { 'v:x': {} }, { 'i:x': {} }]) {
    it(`are not ${JSON.stringify(wrong)}`, () => assert.throws(() => parseFieldSet(wrong)));
  }

  it('are not nested without end', () => {
    assert.throws(() => parseFieldSet(JSON.parse(`${'{"f:a":'.repeat(10_000)}{}${'}'.repeat(10_000)}`)), /levels deep/);
  });
});

describe('path elements', () => {
  it("are written with Go's escapes", () => {
    assert.equal(keyElement([['name', '<a>&\u2028\b']]), 'k:{"name":"\\u003ca\\u003e\\u0026\\u2028\\u0008"}');
    assert.equal(keyElement([['name', '\\b']]), 'k:{"name":"\\\\b"}');
    assert.equal(canonicalElement('i:007'), 'i:7');
  });

  it('are told to people', () => {
    assert.deepEqual(['f:spec', 'k:{"port":80,"protocol":"TCP"}', 'v:"x"', 'i:3'].map(elementText), [
      '.spec',
      '[port=80,protocol="TCP"]',
      '[="x"]',
      '[3]',
    ]);
    assert.equal(quoted('a"\\\n\u0001\u0007\u2028\u{10ffff}é'), '"a\\"\\\\\\n\\x01\\a\\u2028\\U0010ffffé"');
  });

  it('have a total order', () => {
    const elements = ['f:a', 'k:{"a":1}', 'k:{"a":1,"b":2}', 'v:1', 'v:"1"', 'v:false', 'v:true', 'i:0'];
    for (const [at, a] of elements.entries()) {
      for (const b of elements.slice(at + 1)) {
        assert.deepEqual(sortElements([a, b]), [a, b]);
        assert.deepEqual(sortElements([b, a]), [a, b]);
      }
    }
  });
});
