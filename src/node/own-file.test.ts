import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContainerLog } from './logs/container-log.ts';
import { terminationMessage } from './pods/termination-message.ts';

test('a last word is read from a plain file inside the pod`s directory only', { timeout: 10_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-pod-'));
  t.after(() => rm(directory, { recursive: true }));
  const [podDirectory, outside] = [join(directory, 'pod'), join(directory, 'outside')];
  const root = join(podDirectory, 'root');
  await mkdir(join(root, 'dev'), { recursive: true });
  await mkdir(join(podDirectory, 'volume'));
  await mkdir(outside);
  for (const file of [join(outside, 'x'), join(podDirectory, 'volume/x'), join(root, 'dev/x')])
    await writeFile(file, file);
  await symlink(outside, join(root, 'away'));
  await symlink(join(outside, 'x'), join(root, 'dev/link'));
  await symlink('../volume', join(root, 'mounted'));
  execFileSync('mkfifo', [join(root, 'dev/pipe')]);
  const read = (terminationMessagePath: string) => {
    return terminationMessage({ name: 'c', terminationMessagePath }, { root, podDirectory }, '', 0);
  };
  assert.equal(await read('/dev/x'), join(root, 'dev/x'));
  assert.equal(await read('/mounted/x'), join(podDirectory, 'volume/x'));
  for (const path of ['/away/x', '/dev/link', '/dev/pipe', '/dev', '/../outside/x', '/dev/nothing'])
    assert.equal(await read(path), undefined, path);
});

test('a log is not written through a link that a pod made in its place', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-log-'));
  t.after(() => rm(directory, { recursive: true }));
  const [file, other] = [join(directory, '0.log'), join(directory, 'other')];
  await writeFile(other, 'precious');
  await symlink(other, file);
  const log = await ContainerLog.create({ file });
  await log.append('stdout', Buffer.from('hello\n'));
  await log.close();
  assert.equal(await readFile(other, 'utf8'), 'precious');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(await readFile(file, 'utf8'), / stdout F hello\n$/);
});
