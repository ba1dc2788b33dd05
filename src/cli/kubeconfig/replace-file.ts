/** Replaces a user's file whole or not at all, keeping what the file system knows of it. */
import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { makeDirectory } from '../../lib/make-directory.ts';
import { errorCode } from './error-code.ts';

/**
 * Writes beside the file, flushes and renames, so that a reader or a crash sees the old content or the new one. A symbolic link
 * stays one: its target is replaced. Mode and owner stay; a new file gets 0600, directories that are missing 0700.
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const target = await followLink(file);
  await makeDirectory(dirname(target), 0o700);
  const before = await stat(target).catch(() => undefined);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    if (before !== undefined) {
      const own = await stat(temporary);
      // Fails for an ordinary user, who then owns the new file as editors would have it.
      if (own.uid !== before.uid || own.gid !== before.gid)
        await chown(temporary, before.uid, before.gid).catch(() => {});
      await chmod(temporary, before.mode & 0o7777);
    }
    await rename(temporary, target);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
}

/** The file that is meant; also where a link points to nothing yet. */
async function followLink(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const link = await lstat(file).catch(() => undefined);
  return link?.isSymbolicLink() ? followLink(resolve(dirname(file), await readlink(file))) : resolve(file);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
