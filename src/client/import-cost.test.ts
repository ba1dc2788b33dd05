import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('importing the client loads nothing of cryptography or TLS: that would be most of its cost', async () => {
  const client = JSON.stringify(import.meta.resolve('./client.ts'));
  const program = `
    const before = new Set(process.moduleLoadList);
    await import(${client});
    console.log(process.moduleLoadList.filter((name) => !before.has(name)).join('\\n'));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  assert.match(stdout, /NativeModule/);
  assert.deepEqual(stdout.match(/^.*(?:crypto|tls|https|sqlite|worker).*$/gm) ?? [], []);
});
