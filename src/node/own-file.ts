/** Opening files at places where pods can write too: a pod's links, pipes and devices are not followed or waited for. */
import type { FileHandle } from 'node:fs/promises';
import { constants, open } from 'node:fs/promises';

/** For reading. Throws for what is no plain file. */
export async function openOwnFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error(`${path} is no plain file`);
}

/** The first `limit` bytes. */
export async function readOwnFile(path: string, limit: number): Promise<string> {
  await using handle = await openOwnFile(path);
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(limit), 0, limit, 0);
  return buffer.toString('utf8', 0, bytesRead);
}
