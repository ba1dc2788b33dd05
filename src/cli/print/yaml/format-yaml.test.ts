import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatYaml } from './format-yaml.ts';

/** What kubectl 1.36 prints of each text in a list of lists: quoted where it would be read back as something else. */
const texts: readonly (readonly [text: string, printed: string])[] = [
  ['0O7', '"0O7"'],
  ['0X1F', '"0X1F"'],
  ['0B1', '"0B1"'],
  ['1e_3', '"1e_3"'],
  ['1e3_', '"1e3_"'],
  ['+0o7', '"+0o7"'],
  ['-0O7', '"-0O7"'],
  ['-_1', '"-_1"'],
  ['1.e_5', '"1.e_5"'],
  ['0b-1', '"0b-1"'],
  ['0o7', '"0o7"'],
  ['1_000', '"1_000"'],
  ['.5', '".5"'],
  ['1:30', '"1:30"'],
  ['2001-1-1', '"2001-1-1"'],
  ['2001-02-29', '2001-02-29'],
  ['18446744073709551616', '"18446744073709551616"'],
  ['yes', '"yes"'],
  ['~', '"~"'],
  ['', '""'],
  ['e2', 'e2'],
  ['._', '._'],
  ['0o', '0o'],
  ['1:99', '1:99'],
  ['<<', '<<'],
  ['0x', '0x'],
  ['a:b', 'a:b'],
  ['---x', "'---x'"],
  ['...', "'...'"],
  ['- a', "'- a'"],
  ['a: b', "'a: b'"],
  ['a #b', "'a #b'"],
  ["it's", "it's"],
  ["- it's", "'- it''s'"],
  ['a ', "'a '"],
  ['"a"', '\'"a"\''],
  ['😀', '"\\U0001F600"'],
  ['\ta', '"\\ta"'],
  ['\u001b[0m', '"\\e[0m"'],
  ['trail \nx', '"trail \\nx"'],
  ['\nlead', '|2-\n\n    lead'],
  ['a\nb', '|-\n    a\n    b'],
  ['a\nb\n\n', '|+\n    a\n    b\n'],
  [' a\nb', '|2-\n     a\n    b'],
  ['a\r\nb', '"a\\r\\nb"'],
  [
    'a sentence that is long enough to reach beyond the eightieth column of the line and to be folded there',
    'a sentence that is long enough to reach beyond the eightieth column of the line\n    and to be folded there',
  ],
  [
    '- one  that has to be quoted, with two blanks  near where it is folded,  which is not done at them',
    "'- one  that has to be quoted, with two blanks  near where it is folded,  which\n    is not done at them'",
  ],
  [
    '"a" one with\ta tab, thus in double quotes; it is folded too, and blanks that begin a line  are escaped',
    '"\\"a\\" one with\\ta tab, thus in double quotes; it is folded too, and blanks that\n    begin a line  are escaped"',
  ],
];

for (const [text, printed] of texts) {
  test(`a text in YAML: ${JSON.stringify(text)}`, () => {
    assert.equal(formatYaml([[text]]).trimEnd(), `- - ${printed}`.trimEnd());
  });
}

test('a line break of old, which kubectl loses, is kept', () => {
  assert.equal(formatYaml({ a: 'b\u0085' }), 'a: "b\\N"\n');
});

test('collections are in block style, and those with nothing in them in flow style', () => {
  const value = { list: [[1, [2]], { a: [], b: { c: {} } }, null], map: { list: ['x'], none: undefined } };
  assert.equal(
    formatYaml(value),
    ['list:', '- - 1', '  - - 2', '- a: []', '  b:', '    c: {}', '- null', 'map:', '  list:', '  - x', ''].join('\n'),
  );
});

test('keys are in natural order, quoted as texts are, and not folded; long ones have a mark of their own', () => {
  const keys = ['10', '9', '01', '2-b', 'a10', 'a9', 'a.b', 'yes', 'Z', 'a b'.repeat(40)];
  const printed = formatYaml(Object.fromEntries(keys.map((key) => [key, 1])));
  const order = ['"01"', '2-b', '"9"', '"10"', 'Z', 'a b'.repeat(40), 'a.b', 'a9', 'a10', '"yes"'];
  assert.equal(printed, `${order.map((key) => `${key}: 1`).join('\n')}\n`);
  assert.equal(formatYaml({ ['k'.repeat(129)]: ['v'] }), `? ${'k'.repeat(129)}\n: - v\n`);
});

test('numbers are as Go writes them', () => {
  const printed = formatYaml([0, -1, 1.5, 123456.5, 1234567.5, 0.0001, 0.00001, 1000000, 1e21, 1.5e-7]);
  const numbers = ['0', '-1', '1.5', '123456.5', '1.2345675e+06', '0.0001', '1e-05', '1000000', '1e+21', '1.5e-07'];
  assert.equal(printed, numbers.map((number) => `- ${number}\n`).join(''));
});

test('integers keep the digits that a number has no room for', () => {
  assert.equal(
    formatYaml({ a: [9007199254740993n], b: -(2n ** 63n) }),
    'a:\n- 9007199254740993\nb: -9223372036854775808\n',
  );
});
