import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { claimDirectory } from './claim-directory.ts';

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-claim-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('a directory is one owner’s until it lets go of it', async (t) => {
  const directory = await scratch(t);
  {
    await using _ = await claimDirectory(directory, 'the node "a"');
    await assert.rejects(claimDirectory(directory, 'the node "b"'), {
      message: new RegExp(`^the data directory ${directory} is in use by the node "a" \\(process ${process.pid}\\), `),
    });
  }
  await using _ = await claimDirectory(directory, 'the node "b"');
});

test('one that is refused takes nothing from the owner, whose process it may share', async (t) => {
  const directory = await scratch(t);
  await using _ = await claimDirectory(directory, 'the node "a"');
  const inUse = `the data directory ${directory} is in use by the node "a" (process ${process.pid}), `;
  await assert.rejects(claimDirectory(directory, 'the node "b"'));
  const module = JSON.stringify(import.meta.resolve('./claim-directory.ts'));
  const elsewhere = `await (await import(${module})).claimDirectory(${JSON.stringify(directory)}, 'the node "c"')`;
  await assert.rejects(promisify(execFile)(process.execPath, ['--input-type=module', '-e', elsewhere]), (error) => {
    assert.ok(error instanceof Error && error.message.includes(inUse), String(error));
    return true;
  });
});

test('what cannot be claimed is not said to be in use', async (t) => {
  for (const [make, why] of [
    [(file: string) => writeFile(file, 'x'.repeat(5000)), 'file is not a database'],
    [(file: string) => mkdir(file), 'EISDIR: .*'],
  ] as const) {
    const directory = await scratch(t);
    const file = join(directory, 'claim');
    await make(file);
    const problem = `^the data directory ${directory} cannot be claimed, since ${file} does not open \\(${why}\\): `;
    await assert.rejects(claimDirectory(directory, 'the node "a"'), { message: new RegExp(problem) });
    await rm(file, { recursive: true });
    await using _ = await claimDirectory(directory, 'the node "a"');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  }
});
