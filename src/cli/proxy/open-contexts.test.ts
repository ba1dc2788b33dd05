import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { UsageError } from '../command.ts';
import type { GlobalFlags } from '../flags.ts';
import { globalFlags } from '../flags.ts';
import { parseFlags } from '../parse-flags.ts';
import { openContexts } from './open-contexts.ts';

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: dev
clusters:
- {name: c, cluster: {server: "https://127.0.0.1:1"}}
- {name: broken, cluster: {server: "https://127.0.0.1:2", certificate-authority: missing.crt}}
users:
- {name: u, user: {token: t}}
contexts:
- {name: prod, context: {cluster: c, user: u, namespace: shop}}
- {name: Dev, context: {cluster: c, user: u}}
- {name: dev, context: {cluster: c, user: u}}
- {name: broken, context: {cluster: broken, user: u}}
`;

async function withKubeconfig<T>(
  work: (
    open: (
      contexts: readonly string[],
      all?: boolean,
      ...flags: string[]
    ) => Promise<{ names: unknown; broken: unknown; said: string }>,
  ) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-contexts-'));
  const file = join(directory, 'config');
  await writeFile(file, kubeconfig);
  try {
    return await work(async (contexts, all = false, ...flags) => {
      const globals: GlobalFlags = parseFlags([`--kubeconfig=${file}`, ...flags], globalFlags).flags;
      const stderr = new PassThrough();
      await using opened = await openContexts({ contexts, all, globals }, { env: {}, stderr });
      const names = opened.contexts.map(({ name, alias, config }) => [name, alias, config.namespace]);
      return { names, broken: opened.unusable.map(({ name }) => name), said: String(stderr.read() ?? '') };
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('several contexts keep their order, and what is wrong with one is told', async () => {
  await withKubeconfig(async (open) => {
    assert.deepEqual((await open([])).names, [['dev', 'dev', 'default']]);
    const two = await open(['prod', 'dev', 'prod']);
    assert.deepEqual(two.names, [
      ['prod', 'prod', 'shop'],
      ['dev', 'dev', 'default'],
    ]);
    const all = await open([], true);
    const [[first]] = all.names as [[string]];
    assert.equal(first, 'dev', 'the current one has the short names');
    assert.deepEqual(all.broken, ['broken']);
    assert.match(all.said, /^warning: the context "broken" is left out: .*missing\.crt/);
    assert.equal(new Set((all.names as string[][]).map(([, alias]) => alias)).size, 3);
    assert.deepEqual(((await open(['prod'], true)).names as string[][])[0]?.[0], 'prod');
  });
});

test('one context that cannot be used, and flags of one cluster for several, are errors', async () => {
  await withKubeconfig(async (open) => {
    await assert.rejects(open(['broken']), /missing\.crt/);
    await assert.rejects(open(['nope', 'also-nope']), /None of the contexts can be used/);
    await assert.rejects(open(['dev', 'prod'], false, '--token=t'), UsageError);
    await assert.rejects(open([], true, '--server=https://127.0.0.1:3'), UsageError);
  });
});
