import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goJson } from './go-json.ts';

test('keys are in the order of their bytes, those that look like numbers too', () => {
  const data = { '9': 1, '10': 1, '01': 1, '1a': 1, b: undefined, a: 1 };
  assert.equal(goJson(data), '{"01":1,"10":1,"1a":1,"9":1,"a":1}');
});

test('it is indented as Go does, and what is HTML is escaped', () => {
  assert.equal(
    goJson({ b: [1, { c: '<&>' }], a: [], e: {} }, '  '),
    [
      '{',
      '  "a": [],',
      '  "b": [',
      '    1,',
      '    {',
      '      "c": "\\u003c\\u0026\\u003e"',
      '    }',
      '  ],',
      '  "e": {}',
      '}',
    ].join('\n'),
  );
});

test('the fields of a struct are in the order that is given, those of maps in it sorted', () => {
  const order = {
    place: (field: string) => ['kind', 'metadata', 'data'].indexOf(field) + 1 || 9,
    inside: () => undefined,
  };
  assert.equal(
    goJson({ data: { b: 1, a: 2 }, zero: 0, kind: 'C' }, '', { order }),
    '{"kind":"C","data":{"a":2,"b":1},"zero":0}',
  );
});

test('integers keep the digits that a number has no room for', () => {
  assert.equal(
    goJson({ b: [9007199254740993n], a: -(2n ** 63n) }),
    '{"a":-9223372036854775808,"b":[9007199254740993]}',
  );
});
