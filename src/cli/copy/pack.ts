/** A file or folder of this machine as a tar. */
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../command.ts';
import { blockSize, encodeHeader, padding } from './tar-format.ts';

export interface Packing {
  /** Told of what cannot be copied, in a sentence. */
  warn(sentence: string): void;
  /** Owners and rights as they are here. */
  preserve: boolean;
}

/** `name` is what it is called in the archive. Links are packed as links. Throws CommandError for what cannot be read. */
export async function* pack(path: string, name: string, packing: Packing): AsyncGenerator<Buffer> {
  yield* entries(path, name, packing);
  yield Buffer.alloc(2 * blockSize);
}

async function* entries(path: string, name: string, packing: Packing): AsyncGenerator<Buffer> {
  const stats = await lstat(path).catch((error: unknown) => {
    throw new CommandError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  });
  const { uid, gid, mtimeMs, mode } = stats;
  const facts = { name, mode, modified: mtimeMs / 1000, link: '', size: 0, ...(packing.preserve && { uid, gid }) };
  if (stats.isDirectory()) {
    const names = (await readdir(path)).sort();
    // A folder that is there already keeps its rights; only what has nothing in it must be named.
    if (names.length === 0) yield encodeHeader({ ...facts, kind: 'directory' });
    for (const each of names) yield* entries(join(path, each), `${name}/${each}`, packing);
  } else if (stats.isSymbolicLink()) {
    yield encodeHeader({ ...facts, kind: 'symlink', link: await readlink(path) });
  } else if (stats.isFile()) {
    yield* file(path, facts);
  } else {
    packing.warn(`${path} is no file, folder or link: it is left out`);
  }
}

async function* file(path: string, facts: Omit<Parameters<typeof encodeHeader>[0], 'kind'>): AsyncGenerator<Buffer> {
  const handle = await open(path).catch((error: unknown) => {
    throw new CommandError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  });
  try {
    const { size } = await handle.stat();
    yield encodeHeader({ ...facts, kind: 'file', size });
    let left = size;
    while (left > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(left, 64 * 1024));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) throw new CommandError(`${path} became shorter while it was copied`);
      left -= bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
    yield padding(size);
  } finally {
    await handle.close();
  }
}
