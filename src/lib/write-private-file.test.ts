import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writePrivateFile } from './write-private-file.ts';

test('whatever had the name before, the file is its owner’s alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-private-'));
  try {
    const file = join(directory, 'file');
    const link = join(directory, 'link');
    const others = join(directory, 'others');
    const folder = join(directory, 'folder');
    await writePrivateFile(file, 'first');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await chmod(file, 0o644);
    await writePrivateFile(file, 'second');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await writeFile(others, 'theirs');
    await symlink(others, link);
    await writePrivateFile(link, 'third');
    assert.deepEqual(await Promise.all([file, others, link].map((path) => readFile(path, 'utf8'))), [
      'second',
      'theirs',
      'third',
    ]);
    await mkdir(folder);
    await assert.rejects(writePrivateFile(folder, 'x'), /folder is no file: it is not replaced$/);
    await assert.rejects(writePrivateFile(join(directory, 'missing/file'), 'x'), { code: 'ENOENT' });
    assert.deepEqual((await readdir(directory)).sort(), ['file', 'folder', 'link', 'others']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
