/** Directories with their parents. Node's own `recursive` never ends below a file system that answers ENOENT for good, as /proc does. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes what is missing of the path, all with this mode. Throws the system's error for the first part that cannot be made. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  const missing: string[] = [];
  for (let part = path; !(await isDirectory(part)); part = dirname(part)) missing.unshift(part);
  for (const part of missing) {
    await mkdir(part, { mode }).catch(async (error: unknown) => {
      // Another process may have been quicker.
      if (!(await isDirectory(part))) throw error;
    });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return true;
    throw Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
