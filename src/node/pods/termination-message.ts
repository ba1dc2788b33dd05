/** What a container left as its last word: the file at terminationMessagePath, below its root, or the end of its log. */
import { open } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Container } from '../../api/types/core-v1.ts';
import { readLog } from '../logs/read-log.ts';

const MAX_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** Undefined when there is none. */
export async function terminationMessage(
  container: Container,
  root: string,
  logFile: string,
  exitCode: number,
): Promise<string | undefined> {
  const path = join(root, normalize(`/${container.terminationMessagePath ?? 'dev/termination-log'}`));
  const text = await readStart(path);
  if (text !== undefined && text !== '') return text;
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0) return undefined;
  const selection = { follow: false, timestamps: false, tailLines: MAX_LOG_LINES };
  let tail = Buffer.alloc(0);
  for await (const chunk of readLog(logFile, selection, undefined, new AbortController().signal)) {
    tail = Buffer.concat([tail, chunk]).subarray(-MAX_LOG_BYTES);
  }
  return tail.length === 0 ? undefined : tail.toString('utf8');
}

async function readStart(path: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
