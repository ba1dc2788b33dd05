/** Files of which not everything is good: the rest is done, and each bad object is told with the file that holds it. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';

let home: Home;
let cluster: RunningFairlead;

before(async () => {
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--data=:memory:', '--nodes=0');
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const map = (name: string, more = ''): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {${name}}\n${more}`;
const mixed = [
  map('name: one'),
  'apiVersion: v1\nkind: Nothing\nmetadata: {name: x}\n',
  map('name: two, namespace: other'),
  map(''),
  map('name: three'),
].join('---\n');
const bad = [
  /^error: STDIN: the server has no kind "Nothing"/,
  /^error: STDIN: ConfigMap "two" belongs to namespace "other", but -n says "default"/,
  /^error: STDIN holds a ConfigMap without a name/,
];

test('create, apply and delete do the good objects of a file and tell each bad one', async () => {
  const rounds: readonly (readonly [string, string])[] = [
    ['create', 'configmap/one created\nconfigmap/three created\n'],
    ['delete', 'configmap "one" deleted from default namespace\nconfigmap "three" deleted from default namespace\n'],
    ['apply', 'configmap/one created\nconfigmap/three created\n'],
    ['delete', 'configmap "one" deleted from default namespace\nconfigmap "three" deleted from default namespace\n'],
  ];
  for (const [command, stdout] of rounds) {
    const done = await home.runFairlead([command, '-n', 'default', '-f', '-'], mixed);
    assert.deepEqual([done.code, done.stdout], [1, stdout], done.stderr);
    const lines = done.stderr.trimEnd().split('\n');
    assert.equal(lines.length, bad.length, done.stderr);
    for (const [index, sentence] of bad.entries()) assert.match(lines[index] ?? '', sentence);
  }
  const only = await home.runFairlead(['delete', '-f', '-'], map(''));
  assert.deepEqual([only.code, only.stdout], [1, ''], only.stderr);
});

test('files without an object end as with kubectl: what makes something fails, what finds nothing does not', async () => {
  for (const [line, stdout, stderr, code] of [
    ['apply', '', 'error: no objects passed to apply\n', 1],
    ['create', '', 'error: no objects passed to create\n', 1],
    ['scale --replicas=1', '', 'error: no objects passed to scale\n', 1],
    ['delete', 'No resources found\n', '', 0],
    ['label a=b', '', '', 0],
    ['wait --for=delete', '', '', 0],
    ['get', '', 'No resources found in default namespace.\n', 0],
    ['get -o name', '', '', 0],
  ] as const) {
    const done = await home.runFairlead([...line.split(' '), '-f', '-'], '---\n# a comment\n---\n');
    assert.deepEqual([done.stdout, done.stderr, done.code], [stdout, stderr, code], line);
  }
});

test('a failure says what was being done and names the file as it was given', async () => {
  const cwd = home.directory;
  await mkdir(join(cwd, 'dir'), { recursive: true });
  await writeFile(join(cwd, 'dir/a.yaml'), map('name: there', 'data: {a: b}\n'));
  const folder = join(cwd, 'dir');
  assert.equal((await home.fairlead('apply', '-f', folder)).code, 0);
  const twice = await home.fairlead('create', '-f', folder);
  assert.equal(
    twice.stderr,
    `Error from server (AlreadyExists): error when creating "${folder}/a.yaml": configmaps "there" already exists\n`,
  );
  await writeFile(join(cwd, 'dir/a.yaml'), map('name: there', 'data: {a: [1]}\n'));
  assert.match(
    (await home.fairlead('apply', '-f', folder)).stderr,
    /^Error from .* error when patching "[^"]*\/a\.yaml"/,
  );
  await writeFile(join(cwd, 'dir/a.yaml'), map('name: not_a_name'));
  assert.match(
    (await home.fairlead('apply', '-f', folder)).stderr,
    /^Error from .* error when creating "[^"]*\/a\.yaml"/,
  );
  await writeFile(join(cwd, 'dir/a.yaml'), map('name: gone'));
  assert.match(
    (await home.fairlead('delete', '-f', folder)).stderr,
    /^Error from .* error when deleting "[^"]*\/a\.yaml"/,
  );
});

test('what was made from flags and is refused is told in the words of kubectl for its kind', async () => {
  const exists = (what: string): string => `${what} "twice" already exists\n`;
  const twice: readonly (readonly [string, string])[] = [
    ['cm', `error: failed to create configmap: ${exists('configmaps')}`],
    ['sa', `error: failed to create serviceaccount: ${exists('serviceaccounts')}`],
    ['secret generic', `error: failed to create secret ${exists('secrets')}`],
    ['ns', `Error from server (AlreadyExists): ${exists('namespaces')}`],
  ];
  for (const [kind, sentence] of twice) {
    const words = ['create', ...kind.split(' '), 'twice'];
    assert.equal((await home.fairlead(...words)).code, 0);
    const { code, stderr } = await home.fairlead(...words);
    assert.deepEqual([code, stderr], [1, sentence]);
  }
  const token = await home.fairlead('create', 'token', 'nobody');
  assert.equal(token.stderr, 'error: failed to create token: serviceaccounts "nobody" not found\n');
  const pod = await home.fairlead('run', 'P_1', '--image=x');
  assert.equal(pod.code, 1);
  assert.match(pod.stderr, /^The Pod "P_1" is invalid: \n\* metadata\.name: .*\n\* spec\.containers\[0\]\.name: .*\n$/);
});

test('a pattern, and files with commas between them, mean the same to every command that reads files', async () => {
  const folder = join(home.directory, 'parts');
  await mkdir(folder);
  for (const name of ['a', 'b', 'c']) await writeFile(join(folder, `${name}.yaml`), map(`name: part-${name}`));
  const parts = (names: string, after: string): string =>
    [...names].map((name) => `configmap/part-${name}${after}\n`).join('');
  const lines: readonly (readonly [string, string])[] = [
    ['create --dry-run=client -f parts/[ab].yaml', parts('ab', ' created (dry run)')],
    ['apply -f parts/*.yaml', parts('abc', ' created')],
    ['get -o name -f parts/?.yaml', parts('abc', '')],
    ['get -o name -f parts/a.yaml,parts/[^ab].yaml', parts('ac', '')],
    ['label x=y -f pa*/c.yaml,parts/b.yaml', parts('cb', ' labeled')],
    ['delete -o name -f parts/*', parts('abc', '')],
  ];
  for (const [line, stdout] of lines) {
    const done = await home.fairlead(...line.split(' '));
    assert.deepEqual([done.code, done.stdout, done.stderr], [0, stdout, ''], line);
  }
  for (const command of ['apply', 'create', 'get', 'delete', 'describe']) {
    const done = await home.fairlead(command, '-f', 'parts/*.json');
    assert.equal(done.code, 1, command);
    assert.match(done.stderr, /^error: the path "parts\/\*\.json" does not exist/, command);
  }
});
