/** `fairlead config`: what it keeps, changes and calls the files, without a cluster. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Home } from './fairlead-process.ts';

const kubeconfig = `kind: Config
contexts:
- name: dev
  context: {cluster: c, user: u}
- name: prod
  context: {cluster: c, user: u}
current-context: prod
preferences:
  colors: true # loud
  extensions:
  - {name: tool, extension: {z: 1, a: 2}}
extensions:
- {name: own, extension: hello}
`;

let home: Home;
let file: string;

before(async () => {
  home = await Home.make();
  file = join(home.directory, 'x.kc');
});
beforeEach(() => writeFile(file, kubeconfig));
after(() => home[Symbol.asyncDispose]());

async function config(line: string, code = 0, files = 'x.kc'): Promise<string> {
  const done = await home.fairleadWith({ KUBECONFIG: files }, 'config', ...line.split(' '));
  assert.equal(done.code, code, done.stderr);
  return code === 0 ? done.stdout : done.stderr;
}

test('config view shows preferences and extensions, so that a copy has them too', async () => {
  const shown = JSON.parse(await config('view --raw --flatten -o json'));
  assert.deepEqual(shown.preferences, { colors: true, extensions: [{ name: 'tool', extension: { a: 2, z: 1 } }] });
  assert.deepEqual(shown.extensions, [{ name: 'own', extension: 'hello' }]);
  assert.match(await config('view'), /^preferences:\n {2}colors: true\n {2}extensions:\n {2}- extension:\n {6}a: 2$/m);
  assert.equal(await config('view -o name'), 'config/<unknown>\n');
  await writeFile(file, 'preferences: {colors: loud}\n');
  assert.match(await config('view', 1), /"colors" of "preferences" must be true or false/);
});

test('config set and unset change preferences, and nothing else of the file', async () => {
  const quiet = kubeconfig.replace('  colors: true # loud\n', '');
  assert.equal(await config('set preferences.colors false'), 'Property "preferences.colors" set.\n');
  assert.equal(await readFile(file, 'utf8'), quiet);
  await config('set preferences.colors t');
  assert.match(await readFile(file, 'utf8'), /^preferences:\n {2}extensions:\n.*\n {2}colors: true\nextensions:$/m);
  assert.equal(await config('unset preferences'), 'Property "preferences" unset.\n');
  const without = quiet.replace(/preferences:\n(?: .*\n)+/, '');
  assert.equal(await readFile(file, 'utf8'), without);
  await config('set preferences.colors true');
  assert.equal(await readFile(file, 'utf8'), `${without}preferences:\n  colors: true\n`);
  await config('unset extensions');
  assert.doesNotMatch(await readFile(file, 'utf8'), /extensions|hello/);
  for (const [line, problem] of [
    ['set preferences.colors maybe', /must be true or false/],
    ['set preferences.nothing true', /is no property: preferences have colors and extensions/],
    ['set preferences true', /has fields: say which one to set/],
    ['set extensions x', /"extensions" is no single value: use an editor/],
    ['unset extensions.own', /is no property/],
  ] as const) {
    assert.match(await config(line, 1), problem, line);
  }
});

test('a file in UTF-16, as shells of Windows write it, is read and changed as what it is', async () => {
  const windows = `\uFEFF${kubeconfig.replaceAll('\n', '\r\n')}# ende: ü\r\n`;
  for (const encode of [
    (text: string) => Buffer.from(text, 'utf16le'),
    (text: string) => Buffer.from(text, 'utf16le').swap16(),
    (text: string) => Buffer.from(text, 'utf8'),
  ]) {
    await writeFile(file, encode(windows));
    assert.equal(await config('current-context'), 'prod\n');
    await config('use-context dev');
    assert.equal(await config('current-context'), 'dev\n');
    assert.deepEqual(await readFile(file), encode(windows.replace('t: prod', 't: "dev"')));
  }
});

test('config use is config use-context', async () => {
  assert.equal(await config('use dev'), 'Switched to context "dev".\n');
  assert.equal(await config('current-context'), 'dev\n');
});

test('a file is called as the user named it', async () => {
  assert.equal(await config('delete-context dev --kubeconfig=./x.kc'), 'deleted context dev from ./x.kc\n');
  assert.equal(await config('delete-context prod', 0, 'none.kc:x.kc:./x.kc'), 'deleted context prod from x.kc\n');
  for (const [line, files, problem] of [
    ['delete-context dev', 'x.kc', 'cannot delete context dev, not in x.kc'],
    ['delete-cluster dev', `none.kc:${file}`, `cannot delete cluster dev, not in ${file}`],
    ['delete-user dev', 'none.kc:./none.kc:other.kc', 'cannot delete user dev, not in other.kc'],
    ['rename-context a b --kubeconfig=../../x', '', 'cannot rename the context "a", it\'s not in ../../x'],
  ] as const) {
    assert.equal(await config(line, 1, files), `error: ${problem}\n`);
  }
});

test('entries that share fields by merge keys are changed where that changes no other, else left as they are', async () => {
  const merged = `clusters:
- name: a
  cluster: &base
    server: https://a
    tls-server-name: api
- name: b
  cluster:
    <<: *base
    server: https://b
contexts: [{name: one, context: {cluster: b}}]
`;
  await writeFile(file, merged);
  await config('use-context one');
  await config('set-cluster b --tls-server-name=own');
  const changed = merged.replace('server: https://b\n', 'server: https://b\n    tls-server-name: "own"\n');
  assert.equal(await readFile(file, 'utf8'), `${changed}current-context: one\n`);
  const shown = JSON.parse(await config('view -o json'));
  assert.deepEqual(
    shown.clusters.map(({ cluster }: { cluster: object }) => cluster),
    [
      { server: 'https://a', 'tls-server-name': 'api' },
      { server: 'https://b', 'tls-server-name': 'own' },
    ],
  );
  await writeFile(file, merged);
  for (const line of ['set-cluster a --tls-server-name=x', 'unset clusters.b.tls-server-name', 'delete-cluster a']) {
    assert.match(await config(line, 1), /was left as it is: .*(?:merge keys|aliases)/, line);
    assert.equal(await readFile(file, 'utf8'), merged);
  }
});

test('a file that is nested too deeply is told so by whatever reads or changes it', async () => {
  await writeFile(file, Array.from({ length: 3000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'));
  for (const line of ['view', 'set-cluster c --server=https://c', 'use-context one']) {
    assert.match(await config(line, 1), /nested too deeply/, line);
  }
});
