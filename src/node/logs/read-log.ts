/** Reads a container's log for `kubectl logs`: selection by time and count, and following while the container runs. */
import type { FileHandle } from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { openOwnFile } from '../own-file.ts';
import type { ContainerLog } from './container-log.ts';

export interface LogSelection {
  follow: boolean;
  timestamps: boolean;
  /** Only the last so many lines. */
  tailLines?: number;
  /** Only lines from this time on. */
  since?: Date;
  /** Stop after so many bytes of output. */
  limitBytes?: number;
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Yields the log's text as it is to be sent. `live` is the log while its container runs: `follow` ends when that is closed.
 * A file that does not exist reads as empty. Throws where it would leave out lines between those it tells.
 */
export async function* readLog(
  file: string,
  selection: LogSelection,
  live: ContainerLog | undefined,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let left = selection.limitBytes ?? Number.POSITIVE_INFINITY;
  const since = selection.since?.toISOString();
  let continues = false;
  for await (const lines of rawLines(file, selection, live, signal)) {
    const parts: Buffer[] = [];
    for (const line of lines) {
      const text = formatLine(line, selection.timestamps && !continues, since);
      if (text === undefined) continue;
      continues = text.at(-1) !== NEWLINE;
      parts.push(text.subarray(0, left));
      left -= Math.min(left, text.length);
      if (left === 0) break;
    }
    if (parts.length > 0) yield Buffer.concat(parts);
    if (left === 0) return;
  }
}

/** A stored line as shown; undefined when it is older than `since` or not in the log's form. */
function formatLine(line: Buffer, timestamps: boolean, since: string | undefined): Buffer | undefined {
  const timeEnd = line.indexOf(0x20);
  const streamEnd = line.indexOf(0x20, timeEnd + 1);
  const tagEnd = line.indexOf(0x20, streamEnd + 1);
  if (timeEnd < 0 || streamEnd < 0 || tagEnd < 0) return undefined;
  // Both are UTC in a fixed form, so their order is that of the text; the stored one only has more digits.
  if (since !== undefined && line.toString('latin1', 0, timeEnd) < since.slice(0, -1)) return undefined;
  const partial = line[streamEnd + 1] === 0x50;
  const text = line.subarray(tagEnd + 1, partial ? line.length - 1 : line.length);
  return timestamps ? Buffer.concat([line.subarray(0, timeEnd + 1), text]) : text;
}

/** Batches of whole stored lines, each with its newline. */
async function* rawLines(
  file: string,
  selection: LogSelection,
  live: ContainerLog | undefined,
  signal: AbortSignal,
): AsyncGenerator<Buffer[]> {
  // Whoever was attached before this reads here all that came before that.
  await live?.settled();
  // The number is the one that the current file will get when it is set aside.
  const current = live === undefined ? await openIfThere(file) : await live.openCurrent();
  if (current === undefined) return;
  let { handle, number } = current;
  // Read after that, so that none is between them.
  const older = (await rotatedFiles(file)).filter((each) => live === undefined || each < number);
  try {
    let position = 0;
    if (selection.tailLines === undefined) {
      let begun = false;
      for (const rotation of older) {
        const aside = await openIfThere(`${file}.${rotation}`);
        if (aside === undefined && begun) throw fellBehind();
        // As if it had been asked for later.
        if (aside === undefined) continue;
        begun = true;
        yield* wholeFile(aside.handle);
      }
    } else {
      const tail = await tailOf(handle, selection.tailLines);
      position = tail.position;
      let missing = selection.tailLines - tail.lines;
      const before: Buffer[][] = [];
      for (let index = older.length - 1; index >= 0 && missing > 0; index -= 1) {
        const lines: Buffer[] = [];
        const aside = await openIfThere(`${file}.${older[index]}`);
        if (aside === undefined) break;
        for await (const batch of wholeFile(aside.handle)) lines.push(...batch);
        before.unshift(lines.slice(-missing));
        missing -= Math.min(missing, lines.length);
      }
      yield* before;
    }
    const changed = watchChanges(selection.follow ? live : undefined, signal);
    try {
      while (!signal.aborted) {
        const closed = live === undefined || live.closed;
        const rotated = live !== undefined && live.rotations > number;
        const batch = await linesFrom(handle, position);
        position += batch.bytes;
        if (batch.lines.length > 0) {
          yield batch.lines;
        } else if (rotated) {
          number += 1;
          const next = await openNumber(live, number);
          if (next === undefined) throw fellBehind();
          await handle.close();
          handle = next;
          position = 0;
        } else if (!selection.follow || closed) {
          return;
        } else {
          await changed.next();
        }
      }
    } finally {
      changed.stop();
    }
  } finally {
    await handle.close().catch(() => {});
  }
}

/** Remembers a change that came while nobody waited. */
function watchChanges(live: ContainerLog | undefined, signal: AbortSignal): { next(): Promise<void>; stop(): void } {
  let pending = false;
  let wake: (() => void) | undefined;
  const notify = () => {
    pending = true;
    wake?.();
  };
  const unsubscribe = live?.onChange(notify);
  signal.addEventListener('abort', notify);
  return {
    async next() {
      if (!pending) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      pending = false;
      wake = undefined;
    },
    stop() {
      unsubscribe?.();
      signal.removeEventListener('abort', notify);
    },
  };
}

async function rotatedFiles(file: string): Promise<number[]> {
  const prefix = `${basename(file)}.`;
  const names = await readdir(dirname(file)).catch(() => [] as string[]);
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

async function openIfThere(file: string): Promise<{ handle: FileHandle; number: number } | undefined> {
  try {
    return { handle: await openOwnFile(file), number: 0 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file of this number; undefined when it is no longer kept. */
async function openNumber(live: ContainerLog, number: number): Promise<FileHandle | undefined> {
  for (;;) {
    if (number < live.rotations) return (await openIfThere(`${live.file}.${number}`))?.handle;
    const current = await live.openCurrent();
    if (current.number === number) return current.handle;
    await current.handle.close();
  }
}

function fellBehind(): Error {
  return new Error('the log went on faster than it was read: what comes next is no longer kept');
}

/** Closes the file. */
async function* wholeFile(handle: FileHandle): AsyncGenerator<Buffer[]> {
  try {
    let position = 0;
    for (;;) {
      const batch = await linesFrom(handle, position);
      if (batch.lines.length === 0) return;
      position += batch.bytes;
      yield batch.lines;
    }
  } finally {
    await handle.close();
  }
}

/** Whole lines from a position on; none when no newline follows within one chunk (stored lines are shorter). */
async function linesFrom(handle: FileHandle, position: number): Promise<{ lines: Buffer[]; bytes: number }> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = buffer.indexOf(NEWLINE); end !== -1 && end < bytesRead; end = buffer.indexOf(NEWLINE, start)) {
    lines.push(buffer.subarray(start, end + 1));
    start = end + 1;
  }
  return { lines, bytes: start };
}

/** Where the last `wanted` lines of a file begin, and how many there are. */
async function tailOf(handle: FileHandle, wanted: number): Promise<{ position: number; lines: number }> {
  const { size } = await handle.stat();
  let lines = 0;
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const chunk = Buffer.allocUnsafe(end - start);
    await handle.read(chunk, 0, chunk.length, start);
    for (let index = chunk.length - 1; index >= 0; index -= 1) {
      if (chunk[index] !== NEWLINE) continue;
      if (lines === wanted) return { position: start + index + 1, lines };
      lines += 1;
    }
    end = start;
  }
  return { position: 0, lines };
}
