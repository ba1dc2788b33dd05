/** Files with secrets: readable by their owner alone from their first moment on, also where another file had the name. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes beside the file and renames, so that a reader sees the old text or the new one, and mode 0600 whatever the old one had.
 * A symbolic link is replaced. Throws the system's error, or one sentence where the path is a device or the like.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) throw new Error(`${path} is no file: it is not replaced`);
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await using file = await open(beside, 'wx', 0o600);
    await file.writeFile(text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
