import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectory } from './make-directory.ts';

test('makes all that is missing, and nothing of what is there', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-directory-'));
  t.after(() => rm(root, { recursive: true }));
  const deep = join(root, 'a/b/c');
  await Promise.all([makeDirectory(deep, 0o700), makeDirectory(deep, 0o700)]);
  assert.equal((await stat(join(root, 'a'))).mode & 0o777, 0o700);
  await makeDirectory(deep, 0o755);
  assert.equal((await stat(deep)).mode & 0o777, 0o700);
});

test('ends with the system`s word where nothing can be made', { skip: process.platform !== 'linux' }, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-directory-'));
  t.after(() => rm(root, { recursive: true }));
  await assert.rejects(makeDirectory('/proc/nowhere/deeper', 0o700), { code: 'ENOENT' });
  await writeFile(join(root, 'file'), '');
  await assert.rejects(makeDirectory(join(root, 'file/below'), 0o700), { code: 'ENOTDIR' });
});
