/** The files below a cluster's `pki` directory: PEM texts, keys readable by their owner only, never half written. */
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the directory is missing, unreadable or not what it should be: the message says which, and the way out. */
export class PkiError extends Error {
  override readonly name = 'PkiError';
}

export interface PkiFiles {
  /** Undefined when there is no such file. */
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
  /** How messages call a file. */
  describe(name: string): string;
}

/** Keeps nothing. */
export function memoryFiles(): PkiFiles {
  const texts = new Map<string, string>();
  return {
    read: async (name) => texts.get(name),
    write: async (name, text) => {
      texts.set(name, text);
    },
    describe: (name) => name,
  };
}

/** Makes the directory (mode 0700) where it is missing. Throws `PkiError`. */
export async function directoryFiles(directory: string): Promise<PkiFiles> {
  await explained(`cannot make the certificate directory ${directory}`, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (((await stat(directory)).mode & 0o077) !== 0) await chmod(directory, 0o700);
  });
  return {
    read: (name) => readText(join(directory, name), isKey(name)),
    write: (name, text) => writeText(join(directory, name), text, isKey(name) ? 0o600 : 0o644),
    describe: (name) => join(directory, name),
  };
}

function isKey(name: string): boolean {
  return name.endsWith('.key');
}

async function readText(path: string, secret: boolean): Promise<string | undefined> {
  return explained(`cannot read ${path}`, async () => {
    try {
      const text = await readFile(path, 'utf8');
      if (secret && ((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
      return text;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  });
}

/** Under a new name first, so that a crash leaves either the old text or the new one. */
async function writeText(path: string, text: string, mode: number): Promise<void> {
  await explained(`cannot write ${path}`, async () => {
    const file = await open(`${path}.new`, 'w', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  });
}

async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new PkiError(`${what} (${why}); it must belong to the user who runs the cluster`, { cause });
  }
}
