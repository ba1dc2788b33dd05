import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns } from './align-columns.ts';

/** Each as Go's text/tabwriter (0, 8, 2, ' ', 0) writes it. */
const cases: readonly (readonly [string, string, string])[] = [
  ['two fields', 'Name:\tweb\nNamespace:\tdemo\n', 'Name:       web\nNamespace:  demo\n'],
  ['a line without a tab ends the column', 'a:\t1\nTitle:\nlonger:\t2\n', 'a:  1\nTitle:\nlonger:  2\n'],
  ['an empty cell has the width of its column', 'Labels:\ta=b\n\tc=d\n', 'Labels:  a=b\n         c=d\n'],
  ['a column of empty cells is two wide', 'a\t\tb\n', 'a    b\n'],
  ['a trailing tab pads', 'a\t\nbbb\tx\n', 'a    \nbbb  x\n'],
  ['inner columns end where a line has fewer cells', 'a\tbbbb\tc\na\tx\na\tb\tc\n', 'a  bbbb  c\na  x\na  b  c\n'],
  ['characters count, not bytes', 'ü\tx\nabc\ty', 'ü    x\nabc  y'],
];

for (const [title, text, aligned] of cases) {
  test(title, () => assert.equal(alignColumns(text), aligned));
}
