import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StatusError } from '../status.ts';
import { applyJsonPatch } from './json-patch.ts';

type Case = [name: string, original: unknown, patch: unknown, result: unknown];

/** The examples of RFC 6902, appendix A, that succeed. */
const examples: Case[] = [
  ['A.1 add a member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
  [
    'A.2 add an element',
    { foo: ['bar', 'baz'] },
    [{ op: 'add', path: '/foo/1', value: 'q' }],
    { foo: ['bar', 'q', 'baz'] },
  ],
  ['A.3 remove a member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  [
    'A.4 remove an element',
    { foo: ['bar', 'qux', 'baz'] },
    [{ op: 'remove', path: '/foo/1' }],
    { foo: ['bar', 'baz'] },
  ],
  [
    'A.5 replace',
    { baz: 'qux', foo: 'bar' },
    [{ op: 'replace', path: '/baz', value: 'boo' }],
    { baz: 'boo', foo: 'bar' },
  ],
  [
    'A.6 move a member',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  [
    'A.7 move an element',
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [
    'A.8 test that holds',
    { baz: 'qux', foo: ['a', 2, 'c'] },
    [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    { baz: 'qux', foo: ['a', 2, 'c'] },
  ],
  [
    'A.10 add a nested member',
    { foo: 'bar' },
    [{ op: 'add', path: '/child', value: { grandchild: {} } }],
    { foo: 'bar', child: { grandchild: {} } },
  ],
  [
    'A.11 unknown members of an operation',
    { foo: 'bar' },
    [{ op: 'add', path: '/baz', value: 'q', xyz: 1 }],
    { foo: 'bar', baz: 'q' },
  ],
  ['A.14 escapes', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  [
    'A.16 add a list',
    { foo: ['bar'] },
    [{ op: 'add', path: '/foo/-', value: ['a', 'b'] }],
    { foo: ['bar', ['a', 'b']] },
  ],
];

const further: Case[] = [
  [
    'copy gives a value of its own',
    { a: { x: 1 } },
    [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/x', value: 2 },
    ],
    { a: { x: 1 }, b: { x: 2 } },
  ],
  ['the whole document', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  [
    'negative indices, as Kubernetes has them',
    { a: [1, 2] },
    [{ op: 'replace', path: '/a/-1', value: 3 }],
    { a: [1, 3] },
  ],
  ['replace of a missing member, as Kubernetes has it', {}, [{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
  ['a missing member tests as null', {}, [{ op: 'test', path: '/a', value: null }], {}],
  [
    'objects are equal in any order',
    { a: { x: 1, y: 2 } },
    [{ op: 'test', path: '/a', value: { y: 2, x: 1 } }],
    { a: { x: 1, y: 2 } },
  ],
  ['a name that is also a method', {}, [{ op: 'add', path: '/toString', value: 1 }], JSON.parse('{"toString":1}')],
  [
    'the prototype is no member',
    {},
    [{ op: 'add', path: '/__proto__', value: { x: 1 } }],
    JSON.parse('{"__proto__":{"x":1}}'),
  ],
];

describe('JSON patch', () => {
  for (const [name, original, patch, result] of [...examples, ...further]) {
    it(name, () => {
      const before = structuredClone({ original, patch });
      assert.deepEqual(applyJsonPatch(original, patch), result);
      assert.deepEqual({ original, patch }, before, 'the arguments are as they were');
    });
  }

  const refused: [name: string, original: unknown, patch: unknown, code: number, message: RegExp][] = [
    [
      'A.9 a test that fails',
      { baz: 'qux' },
      [{ op: 'test', path: '/baz', value: 'bar' }],
      422,
      /testing value \/baz failed/,
    ],
    ['A.12 add to what is not there', { foo: 'bar' }, [{ op: 'add', path: '/baz/bat', value: 'q' }], 422, /no \/baz/],
    ['A.15 a string is no number', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: '10' }], 422, /failed/],
    ['a list index out of range', { a: [] }, [{ op: 'add', path: '/a/1', value: 1 }], 422, /no index/],
    ['a list index with a leading zero', { a: [1, 2] }, [{ op: 'remove', path: '/a/01' }], 422, /no index/],
    ['removal of what is not there', {}, [{ op: 'remove', path: '/a' }], 422, /nonexistent key "a"/],
    ['a step through a method', {}, [{ op: 'add', path: '/toString/x', value: 1 }], 422, /no \/toString/],
    ['a move into itself', { a: { b: {} } }, [{ op: 'move', from: '/a', path: '/a/b' }], 422, /into itself/],
    ['an unknown operation', {}, [{ op: 'frob', path: '/a' }], 422, /frob/],
    ['no value', {}, [{ op: 'add', path: '/a' }], 422, /has no value/],
    ['a path without slash', {}, [{ op: 'remove', path: 'a' }], 422, /slash/],
    ['no list', {}, { op: 'remove' }, 400, /list of operations/],
    ['no path', {}, [{ op: 'remove' }], 422, /path of operation 0/],
    ['too many operations', {}, Array(10_001).fill({ op: 'test', path: '', value: {} }), 413, /10001/],
  ];
  for (const [name, original, patch, code, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => applyJsonPatch(original, patch),
        (error) => error instanceof StatusError && error.code === code && message.test(error.message),
      );
    });
  }

  it('does not let copies grow without end', () => {
    const patch = Array.from({ length: 40 }, (_, at) => ({ op: 'copy', from: '/a', path: `/a/${at}` }));
    assert.throws(
      () => applyJsonPatch({ a: { x: 'some text' } }, patch),
      (error) => error instanceof StatusError && error.code === 422 && /copy operations/.test(error.message),
    );
  });
});
