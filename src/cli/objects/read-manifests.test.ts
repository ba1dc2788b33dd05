import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { CommandError } from '../command.ts';
import { readManifests } from './read-manifests.ts';

async function read(text: string): Promise<unknown[]> {
  const io = { stdin: Readable.from([text]), cwd: '/', env: {} };
  const found = await readManifests({ files: ['-'], recursive: false, io, signal: new AbortController().signal });
  return found.map((one) => (one instanceof CommandError ? one.message : one.object));
}

const head = 'apiVersion: v1\nkind: Thing\nmetadata: {name: a}\n';

async function valueIn(yaml: string): Promise<unknown> {
  const [object] = await read(`${head}v: ${yaml}\n`);
  return typeof object === 'object' && object !== null && 'v' in object ? object.v : String(object);
}

/** What kubectl 1.36 makes of them. */
const values: readonly (readonly [string, unknown])[] = [
  ...['2024-05-01', '2024-05-01 10:00:00', '2001-12-14t21:59:43.10-05:00', '12:30', '22:22', '1:30:00', '190:20:30.15'],
  ...[
    '0o8',
    '0b2',
    '0x',
    '0xg',
    '_1',
    '._5',
    '.5_',
    '.',
    '..',
    '+',
    'yEs',
    'tRUE',
    'nULL',
    '1e',
    'e3',
    '1.2.3',
    '1,000',
  ],
  ...['1e400', '0x1.8p1', 'Infinity', 'inf', 'NaN', '+nan', '=', '<<', '0xFFFFFFFFFFFFFFFFF', '-y'],
].map((text) => [text, text] as const);
const others: readonly (readonly [string, unknown])[] = [
  ['!!binary aGk=', 'hi'],
  ['!!binary 4pyT', '✓'],
  ['0o644', 420],
  ['0644', 420],
  ['-0644', -420],
  ['+0644', 420],
  ['0o7_7', 63],
  ['08', 8],
  ['0789', 789],
  ['0x1F', 31],
  ['0X1F', 31],
  ['-0x1f', -31],
  ['0x_1', 1],
  ['0b1', 1],
  ['0B1', 1],
  ['-0b101', -5],
  ['0b_1', 1],
  ['1e_3', 1000],
  ['1_000', 1000],
  ['1_', 1],
  ['1_000.5', 1000.5],
  ['0.1e1_0', 1e9],
  ['1.', 1],
  ['.5', 0.5],
  ['-.5', -0.5],
  ['1E3', 1000],
  ['-0', 0],
  ['-0.0', 0],
  ['1.10', 1.1],
  ...['y', 'Y', 'yes', 'YES', 'on', 'On', 'true', 'TRUE'].map((text) => [text, true] as const),
  ...['n', 'N', 'no', 'NO', 'off', 'Off', 'false'].map((text) => [text, false] as const),
  ...['~', 'null', 'NULL', '', '!!null ""'].map((text) => [text, null] as const),
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['-10000000000000000', -10000000000000000n],
  ['1e30', 1e30],
  ['!!str 1', '1'],
  ['! 12', '12'],
  ['!!int "12"', 12],
  ['!!float 0x1F', 31],
  ['!!bool "yes"', true],
  ['!!timestamp 2024-05-01', '2024-05-01'],
  ['!foo bar', 'bar'],
  ['!!constructor 12', '12'],
  ['"12"', '12'],
  ["'yes'", 'yes'],
  ['|\n  yes\n', 'yes\n'],
  ['!!set {a, b}', { a: null, b: null }],
  ['{1: a}', { '1': 'a' }],
  ['{0x10: a}', { '16': 'a' }],
  ['{yes: a}', { true: 'a' }],
  ['{1e3: a}', { '1000': 'a' }],
  ['{.inf: a}', { '.inf': 'a' }],
  ['{12:30: a}', { '12:30': 'a' }],
  ['{9007199254740993: a}', { '9007199254740993': 'a' }],
  ['{a: 1, b: 0, a: 2}', { a: 2, b: 0 }],
  ['{<<: [{q: 1}, {q: 2, z: 3}], y1: 9}', { q: 1, z: 3, y1: 9 }],
  ['{<<: {q: 1}, q: 2}', { q: 2 }],
  ['{q: 2, <<: {q: 1}}', { q: 1 }],
  ['{"<<": 1}', { '<<': 1 }],
  ['[&x {a: 1}, *x, &x 2, *x]', [{ a: 1 }, { a: 1 }, 2, 2]],
];

test('scalars, keys and merges of YAML are what kubectl takes them for', async () => {
  for (const [yaml, value] of [...values, ...others]) assert.deepEqual(await valueIn(yaml), value, yaml);
});

test('what JSON cannot say or would lose digits is refused with its line', async () => {
  for (const text of ['.inf', '-.INF', '.nan'])
    assert.match(String(await valueIn(text)), /STDIN: line 4: .* no number/);
  for (const text of ['9007199254740993', '-9007199254740993', '9223372036854775807', '0xFFFFFFFFFFFFFFFF']) {
    assert.match(String(await valueIn(text)), /STDIN: line 4: .* would lose digits, .* in quotes/, text);
  }
  assert.match(String(await valueIn('!!int abc')), /line 4: "abc" is no !!int/);
  assert.match(String(await valueIn('!!binary "@@"')), /line 4: .*base64/);
  for (const key of ['~', '[a]', '{a: b}']) assert.match(String(await valueIn(`{${key}: a}`)), /a key must be/, key);
  assert.match(String(await valueIn('{<<: 5}')), /"<<" merges/);
  assert.match(String(await valueIn('*nowhere')), /\*nowhere leads nowhere/);
  assert.match(String(await valueIn('&a [*a]')), /&a contains itself/);
  assert.match(String(await valueIn(`${'['.repeat(50_000)}`)), /error parsing STDIN: it is nested too deeply/);
  const laughs = Array.from({ length: 12 }, (_, index) => `&l${index + 1} [${`*l${index},`.repeat(9)}]`);
  assert.match(String(await valueIn(`[&l0 lol, ${laughs.join(', ')}]`)), /aliases .* repeat too much/);
  const long = `&l {${'k'.repeat(1000)}: 1}`;
  assert.match(String(await valueIn(`[${long}${', *l'.repeat(5000)}]`)), /aliases .* repeat too much/);
  const [json] = await read('{"apiVersion":"v1","kind":"Thing","v":9007199254740993}');
  assert.match(String(json), /would lose digits/);
});

test('integers that a number prints with all of their digits are those that a server answers with', async () => {
  const [json] = await read('{"apiVersion":"v1","kind":"Thing","v":10000000000000000}');
  assert.equal(Reflect.get(Object(json), 'v'), 10000000000000000n);
});

const thing = (name: string): string => `{"apiVersion":"v1","kind":"Thing","metadata":{"name":"${name}"}}`;
const named = (name: string): object => ({ apiVersion: 'v1', kind: 'Thing', metadata: { name } });

test('objects of JSON may follow each other in one stream, YAML after them', async () => {
  const pretty = JSON.stringify(JSON.parse(thing('{"}').replace('{"}', '}')), undefined, 2);
  const expected = ['a', '}', 'b', 'c'].map(named);
  for (const between of ['\n', '', '\r\n\t', '\n---\n']) {
    assert.deepEqual(await read([thing('a'), pretty, thing('b'), thing('c')].join(between)), expected, between);
  }
  assert.deepEqual(await read(`${thing('a')}\n---\n${head}`), [named('a'), named('a')]);
  const large = { ...named('a'), text: 'a"\\'.repeat(1_000_000), number: 1.5e300, list: [-12, 0.25] };
  assert.deepEqual(await read(JSON.stringify(large)), [large]);
  assert.deepEqual(await read('{apiVersion: v1, kind: Thing, metadata: {name: a}}'), [named('a')]);
  assert.deepEqual(await read(`{"apiVersion":"v1","kind":"List","items":[${thing('a')},${thing('b')}]}`), [
    named('a'),
    named('b'),
  ]);
});

test('what is no object stands in its place as a sentence, and what cannot be parsed ends its file', async () => {
  const [first, ...rest] = await read(`${head}---\n- 1\n---\nkind: Thing\n---\napiVersion: v1\n---\n${head}`);
  assert.deepEqual([first, rest.pop()], [named('a'), named('a')]);
  assert.deepEqual(rest, [
    'STDIN holds something that is not an object',
    'STDIN holds a Thing without an apiVersion',
    'STDIN holds an object without a kind',
  ]);
  const [before, problem, ...after] = await read(`${head}---\na: [1\n---\n${head}`);
  assert.deepEqual([before, after], [named('a'), []]);
  assert.match(String(problem), /^error parsing STDIN: .* at line /);
});

test('files of a folder are called as the folder was', async (context) => {
  const scratch = await mkdtemp(join(tmpdir(), 'fairlead-test-'));
  context.after(() => rm(scratch, { recursive: true }));
  await mkdir(join(scratch, 'dir/below'), { recursive: true });
  await writeFile(join(scratch, 'dir/a.yaml'), head);
  await writeFile(join(scratch, 'dir/below/b.json'), thing('b'));
  for (const folder of ['dir', './dir/']) {
    const io = { stdin: Readable.from([]), cwd: scratch, env: {} };
    const found = await readManifests({
      files: [folder],
      recursive: true,
      io,
      signal: new AbortController().signal,
    });
    assert.deepEqual(
      found.map((one) => (one instanceof CommandError ? one.message : one.source)),
      ['dir/a.yaml', 'dir/below/b.json'],
    );
  }
});

test('a pattern stands for the files that it matches, in the order of their names', async (context) => {
  const scratch = await mkdtemp(join(tmpdir(), 'fairlead-test-'));
  context.after(() => rm(scratch, { recursive: true }));
  await mkdir(join(scratch, 'two/below'), { recursive: true });
  await mkdir(join(scratch, 'one'));
  const files = ['one/b.yaml', 'one/a.yaml', 'one/.c.yaml', 'one/d.txt', 'two/a.yaml', 'two/below/e.yaml', '[ab].yaml'];
  for (const file of [...files, 'a.yaml']) await writeFile(join(scratch, file), head);
  const sources = async (...patterns: string[]): Promise<string[]> => {
    const io = { stdin: Readable.from([head]), cwd: scratch, env: {} };
    const { signal } = new AbortController();
    const found = await readManifests({ files: patterns, recursive: false, io, signal });
    return found.map((one) => (one instanceof CommandError ? one.message : one.source));
  };
  assert.deepEqual(await sources('one/*.yaml'), ['one/.c.yaml', 'one/a.yaml', 'one/b.yaml']);
  assert.deepEqual(await sources('./*/[a-b].yaml'), ['one/a.yaml', 'one/b.yaml', 'two/a.yaml']);
  assert.deepEqual(await sources(join(scratch, 'o?e/d*')), [join(scratch, 'one/d.txt')]);
  assert.deepEqual(await sources('*wo'), ['two/a.yaml'], 'a folder that matches');
  assert.deepEqual(await sources('one/a*', '-', 'one/a.yaml'), ['one/a.yaml', 'STDIN', 'one/a.yaml']);
  assert.deepEqual(await sources('[ab].yaml'), ['[ab].yaml'], 'a file that is called like a pattern');
  assert.deepEqual(await sources('[a].yaml'), ['a.yaml']);
  await assert.rejects(sources('one/*.json'), /^CommandError: the path "one\/\*\.json" does not exist/);
  await assert.rejects(sources('no*/a.yaml'), /^CommandError: the path "no\*\/a\.yaml" does not exist/);
  await assert.rejects(sources('one/[a'), /^CommandError: pattern "one\/\[a" is not valid/);
});
