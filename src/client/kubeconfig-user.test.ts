/** As whom is asked: what the kubeconfig says of it, and what was chosen. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Impersonation } from './client-config.ts';
import { loadKubeconfig } from './kubeconfig.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-acting-'));
});
after(() => rm(directory, { recursive: true }));

/** What a kubeconfig gives whose user has a token and `entry`. */
async function acting(entry: string, impersonate: Partial<Impersonation> = {}): Promise<Impersonation | undefined> {
  const path = join(directory, 'kubeconfig');
  await writeFile(
    path,
    `apiVersion: v1
kind: Config
current-context: one
clusters: [{name: c, cluster: {server: https://one:6443}}]
users: [{name: u, user: {token: t${entry}}}]
contexts: [{name: one, context: {cluster: c, user: u}}]
`,
  );
  return (await loadKubeconfig({ path, env: {}, impersonate })).impersonate;
}

test('whom to act as: what was chosen goes before the entry, field by field, as with kubectl', async () => {
  const bob = ', as: bob, as-uid: "7", as-groups: [g1, g2], as-user-extra: {k: [v], l: [w]}';
  const rest = { uid: '7', groups: ['g1', 'g2'], extra: { k: ['v'], l: ['w'] } };
  assert.deepEqual(await acting(bob, { user: 'alice' }), { user: 'alice', ...rest });
  assert.deepEqual(await acting(bob, { groups: ['g9'] }), { user: 'bob', ...rest, groups: ['g9'] });
  const chosen = { uid: '8', extra: { k: ['v2', 'v3'], m: ['z'] } };
  const extra = { k: ['v2', 'v3'], l: ['w'], m: ['z'] };
  assert.deepEqual(await acting(bob, chosen), { ...rest, user: 'bob', uid: '8', extra });
  assert.deepEqual(await acting(', as-groups: [g1]', { user: 'alice' }), { user: 'alice', groups: ['g1'] });
  assert.equal(await acting('', {}), undefined);
  await assert.rejects(acting('', { groups: ['g'] }), /need a user to act as: --as/);
  await assert.rejects(
    loadKubeconfig({ server: 'http://a', env: { HOME: directory }, impersonate: { uid: '8' } }),
    /need a user/,
  );
});

test('names to act as are those of the file, whatever letters they have', async () => {
  assert.deepEqual(await acting(', as: bü, as-groups: [größe]'), { user: 'bü', groups: ['größe'] });
});
