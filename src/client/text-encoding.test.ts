import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadKubeconfig } from './kubeconfig.ts';

test('a kubeconfig that is no UTF-8 is read by its byte order mark', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-encoding-'));
  try {
    const path = join(directory, 'config');
    const clusters = [{ name: 'c', cluster: { server: 'https://bücher.example' } }];
    for (const text of ['clusters: [{name: c, cluster: {server: bücher.example}}]\r\n', JSON.stringify({ clusters })]) {
      const marked = Buffer.from(`\uFEFF${text}`, 'utf16le');
      for (const bytes of [Buffer.from(`\uFEFF${text}`), marked, Buffer.from(marked).swap16()]) {
        await writeFile(path, bytes);
        assert.equal((await loadKubeconfig({ path, cluster: 'c', env: {} })).server, 'https://xn--bcher-kva.example');
      }
    }
    await writeFile(path, Buffer.from([0xfe, 0xff, 0, 0x7b, 0]));
    await assert.rejects(loadKubeconfig({ path, cluster: 'c', env: {} }), /is not valid YAML/);
  } finally {
    await rm(directory, { recursive: true });
  }
});
