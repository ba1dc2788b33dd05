/** The code of docs/testing.md, run as it stands there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

test('every program for node:test passes', async () => {
  const documentation = await readFile(join(root, 'docs/testing.md'), 'utf8');
  const blocks = [...documentation.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  const programs = blocks.filter((code) => code.includes("from 'node:test'"));
  assert.equal(programs.length, 3);
  // Inside the repository, where `fairlead/testing` and the client of the example are found.
  const directory = await mkdtemp(join(root, 'test', '.docs-'));
  try {
    const files = programs.map((_, index) => join(directory, `${index}.test.ts`));
    await Promise.all(files.map((file, index) => writeFile(file, programs[index] ?? '')));
    // The runner of these tests marks its children, which would then run nothing of their own.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(process.execPath, ['--test', '--test-reporter=tap', ...files], { env });
    const [report] = await Promise.all([text(child.stdout), once(child, 'close')]);
    assert.equal(child.exitCode, 0, report);
    assert.match(report, /# pass 3\n/);
  } finally {
    await rm(directory, { recursive: true });
  }
});
