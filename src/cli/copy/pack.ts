/** A file or folder of this machine as a tar. */
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../command.ts';
import { fileProblem } from '../file-problem.ts';
import { bytesOf, shown, toByteText } from './byte-text.ts';
import { blockSize, encodeHeader, padding } from './tar-format.ts';

export interface Packing {
  /** Told of what cannot be copied, in a sentence. */
  warn(sentence: string): void;
  /** Owners and rights as they are here. */
  preserve: boolean;
}

/** A file that cannot be read, told of when the archive has its end: all that stands before it is whole. */
export class LeftOut extends CommandError {}

/** `name` is what it is called in the archive. Links are packed as links. Throws LeftOut, and CommandError in a file. */
export async function* pack(path: string, name: string, packing: Packing): AsyncGenerator<Buffer> {
  let leftOut: LeftOut | undefined;
  try {
    yield* entries(toByteText(path), toByteText(name), packing);
  } catch (error) {
    if (!(error instanceof LeftOut)) throw error;
    leftOut = error;
  }
  yield Buffer.alloc(2 * blockSize);
  if (leftOut !== undefined) throw leftOut;
}

/** Path and name are byte text. */
async function* entries(path: string, name: string, packing: Packing): AsyncGenerator<Buffer> {
  const stats = await lstat(bytesOf(path)).catch(leaveOut(path));
  const { uid, gid, mtimeMs, mode } = stats;
  const facts = { name, mode, modified: mtimeMs / 1000, link: '', size: 0, ...(packing.preserve && { uid, gid }) };
  if (stats.isDirectory()) {
    const names = (await readdir(bytesOf(path), { encoding: 'latin1' }).catch(leaveOut(path))).sort();
    // A folder that is there already keeps its rights; only what has nothing in it must be named.
    if (names.length === 0) yield encodeHeader({ ...facts, kind: 'directory' });
    for (const each of names) yield* entries(join(path, each), `${name}/${each}`, packing);
  } else if (stats.isSymbolicLink()) {
    const link = await readlink(bytesOf(path), { encoding: 'latin1' }).catch(leaveOut(path));
    yield encodeHeader({ ...facts, kind: 'symlink', link });
  } else if (stats.isFile()) {
    yield* file(path, facts);
  } else {
    packing.warn(`${shown(path)} is no file, folder or link: it is left out`);
  }
}

async function* file(path: string, facts: Omit<Parameters<typeof encodeHeader>[0], 'kind'>): AsyncGenerator<Buffer> {
  const handle = await open(bytesOf(path)).catch(leaveOut(path));
  try {
    const { size } = await handle.stat();
    yield encodeHeader({ ...facts, kind: 'file', size });
    let left = size;
    while (left > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(left, 64 * 1024));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) throw new CommandError(`${shown(path)} became shorter while it was copied`);
      left -= bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
    yield padding(size);
  } finally {
    await handle.close();
  }
}

function leaveOut(path: string): (error: unknown) => never {
  return (error) => {
    throw new LeftOut(`cannot read ${shown(path)}: ${fileProblem(error)}`);
  };
}
