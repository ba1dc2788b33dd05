import assert from 'node:assert/strict';
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { testCertificate } from '../../../test/certificate.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { CommandError } from '../command.ts';
import { mergeContextApart } from './merge-apart.ts';
import { mergeContext } from './merge-context.ts';
import { removeContext } from './remove-context.ts';

const { ca, cert, key } = testCertificate();
const cluster = { server: 'https://127.0.0.1:6443', caPem: ca, certPem: cert, keyPem: key };

async function directory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'fairlead-kubeconfig-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Merges and removes again; the text must come back. */
async function roundTrip(text: string): Promise<{ merged: string; removed: string }> {
  await using dir = await directory();
  const file = join(dir.path, 'config');
  await writeFile(file, text);
  await mergeContext({ file, name: 'fairlead', ...cluster });
  const merged = await readFile(file, 'utf8');
  await removeContext({ file, name: 'fairlead' });
  return { merged, removed: await readFile(file, 'utf8') };
}

test('a new kubeconfig is private, complete, and understood by the client', async () => {
  await using dir = await directory();
  const file = join(dir.path, 'sub', 'config');
  const result = await mergeContext({ file, name: 'fairlead', ...cluster });
  assert.deepEqual(result, { changed: true, current: true });
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(dir.path, 'sub'))).mode & 0o777, 0o700);
  const config = await loadKubeconfig({ path: file });
  assert.equal(config.server, 'https://127.0.0.1:6443');
  assert.deepEqual(config.tls, { ca: cluster.caPem, cert: cluster.certPem, key: cluster.keyPem });
  assert.deepEqual(await readdir(join(dir.path, 'sub')), ['config'], 'neither lock nor temporary file stays');
});

const others = `# mine, do not touch
apiVersion: v1
kind: Config   # of kubectl
preferences: {}
contexts:
    - name: work       # the big one
      context: {cluster: work, user: "me", namespace: 'team-a'}

# clusters come here
clusters:
    -   cluster:
            server: https://work.example:6443
            # pinned by hand
            certificate-authority: ./ca.pem
        name: work
users:
- user:
    token: |-
      abc
  name: me

current-context: "work"
# the end
`;

test('every other byte stays as it was', async () => {
  const { merged, removed } = await roundTrip(others);
  for (const line of others.split('\n')) assert.ok(merged.split('\n').includes(line), `lost: ${line}`);
  assert.equal(removed, others);
  const value = parse(merged);
  assert.equal(value['current-context'], 'work');
  assert.deepEqual(value.contexts[1], { context: { cluster: 'fairlead', user: 'fairlead' }, name: 'fairlead' });
  assert.deepEqual(
    value.clusters.map((one: { name: string }) => one.name),
    ['work', 'fairlead'],
  );
});

test('kubectl, JSON, CRLF, empty and bare layouts come back as they were, but for what "none" looks like', async () => {
  const kubectlEmpty = 'apiVersion: v1\nclusters: []\ncontexts: []\ncurrent-context: ""\nkind: Config\nusers: []\n';
  assert.equal((await roundTrip(kubectlEmpty)).removed, kubectlEmpty);
  const nulls = (await roundTrip('apiVersion: v1\nclusters: null\ncontexts:\nusers: null # none\nkind: Config')).merged;
  assert.equal(parse(nulls)['current-context'], 'fairlead');
  assert.match(nulls, /# none/);
  const crlf = await roundTrip(others.replaceAll('\n', '\r\n'));
  assert.equal(crlf.removed, others.replaceAll('\n', '\r\n'));
  assert.doesNotMatch(crlf.merged, /[^\r]\n/);
  const json = JSON.stringify(parse(others), null, 2);
  const mergedJson = await roundTrip(json);
  assert.equal(JSON.parse(mergedJson.merged).users[1].name, 'fairlead');
  assert.equal(mergedJson.removed, json);
  assert.equal(JSON.parse((await roundTrip('{}')).merged)['current-context'], 'fairlead');
  assert.match((await roundTrip('# only a comment')).merged, /^# only a comment\napiVersion: v1\n/);
  const framed = `\uFEFF---\n${kubectlEmpty}...\n`;
  assert.equal((await roundTrip(framed)).removed, framed);
  assert.match((await roundTrip(framed)).merged, /^\uFEFF---\n[\s\S]*users:\n- name: fairlead\n[\s\S]*\n\.\.\.\n$/);
  assert.equal((await roundTrip(others.trimEnd())).removed, others.trimEnd());
});

test('a renewal replaces our entries only, and keeps the namespace the user chose', async () => {
  await using dir = await directory();
  const file = join(dir.path, 'config');
  await writeFile(file, others);
  await mergeContext({ file, name: 'fairlead', ...cluster });
  const text = (await readFile(file, 'utf8')).replace(
    'cluster: fairlead',
    'cluster: fairlead\n        namespace: shop',
  );
  await writeFile(file, text);
  assert.deepEqual(await mergeContext({ file, name: 'fairlead', ...cluster }), { changed: false, current: false });
  assert.equal(await readFile(file, 'utf8'), text);
  await mergeContext({ file, name: 'fairlead', ...cluster, server: 'https://127.0.0.1:7000', use: true });
  const value = parse(await readFile(file, 'utf8'));
  assert.equal(value.contexts[1].context.namespace, 'shop');
  assert.equal(value.clusters[1].cluster.server, 'https://127.0.0.1:7000');
  assert.equal(value['current-context'], 'fairlead');
  await removeContext({ file, name: 'fairlead' });
  assert.equal(await readFile(file, 'utf8'), others.replace('"work"\n# the', '""\n# the'));
});

test('a cluster of that name on another machine is neither overwritten nor removed', async () => {
  await using dir = await directory();
  const file = join(dir.path, 'config');
  const text = others.replaceAll('work', 'fairlead');
  await writeFile(file, text);
  await assert.rejects(mergeContext({ file, name: 'fairlead', ...cluster }), (error) => {
    assert.ok(error instanceof CommandError);
    assert.match(error.message, /https:\/\/fairlead\.example:6443.*--name/);
    return true;
  });
  assert.equal(await removeContext({ file, name: 'fairlead' }), false);
  assert.equal(await readFile(file, 'utf8'), text);
});

test('a cluster and user that another context uses stay when ours goes', async () => {
  await using dir = await directory();
  const file = join(dir.path, 'config');
  await mergeContext({ file, name: 'fairlead', ...cluster });
  const text = await readFile(file, 'utf8');
  await writeFile(
    file,
    text.replace('contexts:\n', 'contexts:\n- name: mine\n  context: {cluster: fairlead, user: fairlead}\n'),
  );
  await removeContext({ file, name: 'fairlead' });
  const value = parse(await readFile(file, 'utf8'));
  assert.equal(value.contexts.length, 1);
  assert.equal(value.clusters[0].name, 'fairlead');
  assert.equal(value.users[0].name, 'fairlead');
});

test('a file that is not understood is left alone, and its secrets out of the sentence', async () => {
  await using dir = await directory();
  const file = join(dir.path, 'config');
  for (const text of [
    'users:\n- name: [s3cret',
    's3cret',
    '- s3cret',
    'kind: Secret\ndata: s3cret',
    'clusters: s3cret',
    '"a": &x s3cret\n"a": 1',
  ]) {
    await writeFile(file, text);
    await assert.rejects(mergeContext({ file, name: 'fairlead', ...cluster }), (error) => {
      assert.ok(error instanceof CommandError, String(error));
      assert.ok(error.message.includes(file));
      assert.ok(!error.message.includes('s3cret'), error.message);
      return true;
    });
    assert.equal(await readFile(file, 'utf8'), text);
  }
  assert.deepEqual(await readdir(dir.path), ['config']);
});

test('mode and symbolic link stay', async () => {
  await using dir = await directory();
  const real = join(dir.path, 'real');
  const file = join(dir.path, 'config');
  await writeFile(real, others);
  await chmod(real, 0o640);
  await symlink('real', file);
  await mergeContext({ file, name: 'fairlead', ...cluster });
  assert.ok((await lstat(file)).isSymbolicLink());
  assert.equal((await stat(real)).mode & 0o777, 0o640);
  assert.match(await readFile(real, 'utf8'), /name: fairlead/);
});

test('a lock that is held is respected and named; writers at once all succeed', async () => {
  await using dir = await directory();
  const file = join(dir.path, 'config');
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => mergeContext({ file, name, ...cluster })));
  assert.equal(parse(await readFile(file, 'utf8')).contexts.length, 4);
  await writeFile(`${file}.lock`, '');
  await assert.rejects(mergeContext({ file, name: 'e', ...cluster, lockPatienceMs: 60 }), /config\.lock exists/);
  assert.deepEqual(await readdir(dir.path), ['config', 'config.lock']);
});

test('merging in a process of its own does and says the same', async () => {
  await using dir = await directory();
  const [file, other] = [join(dir.path, 'config'), join(dir.path, 'other')];
  for (const path of [file, other]) await writeFile(path, others);
  const apart = await mergeContextApart({ file, name: 'fairlead', ...cluster });
  assert.deepEqual(apart, await mergeContext({ file: other, name: 'fairlead', ...cluster }));
  assert.equal(await readFile(file, 'utf8'), await readFile(other, 'utf8'));
  await writeFile(file, '- wrong');
  await assert.rejects(mergeContextApart({ file, name: 'fairlead', ...cluster }), CommandError);
});
