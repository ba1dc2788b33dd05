/** What a container left as its last word: the file at terminationMessagePath, below its root, or the end of its log. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative } from 'node:path';
import type { Container } from '../../api/types/core-v1.ts';
import { readLog } from '../logs/read-log.ts';
import { readOwnFile } from '../own-file.ts';

const MAX_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** Undefined when there is none. What the pod made of the path is not followed out of its directory. */
export async function terminationMessage(
  container: Container,
  { root, podDirectory }: { root: string; podDirectory: string },
  logFile: string,
  exitCode: number,
): Promise<string | undefined> {
  const path = join(root, normalize(`/${container.terminationMessagePath ?? 'dev/termination-log'}`));
  const text = await readInside(podDirectory, path);
  if (text !== undefined && text !== '') return text;
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0) return undefined;
  const selection = { follow: false, timestamps: false, tailLines: MAX_LOG_LINES };
  let tail = Buffer.alloc(0);
  for await (const chunk of readLog(logFile, selection, undefined, new AbortController().signal)) {
    tail = Buffer.concat([tail, chunk]).subarray(-MAX_LOG_BYTES);
  }
  return tail.length === 0 ? undefined : tail.toString('utf8');
}

async function readInside(directory: string, path: string): Promise<string | undefined> {
  try {
    const parent = await realpath(dirname(path));
    if (relative(await realpath(directory), parent).startsWith('..')) return undefined;
    return await readOwnFile(join(parent, basename(path)), MAX_BYTES);
  } catch {
    return undefined;
  }
}
