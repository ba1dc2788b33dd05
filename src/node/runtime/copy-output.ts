/** What a process writes, to its end. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** How long, once a process has ended, its output is waited for where children in the background keep it open. */
const lingerMs = 500;
/** More than the system keeps between two processes: what comes later is not of the process that ended. */
const maxLeftBytes = 4 * 1024 * 1024;

/**
 * Hands every chunk to `write`, which may take its time. Resolves at the end of the output, or soon after `exited` where
 * others keep it open, or when `write` fails; the output is destroyed then. A reader that is slow loses nothing. Never rejects.
 */
export async function copyOutput(
  source: Readable | null,
  exited: Promise<unknown>,
  write: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  if (source === null) return;
  let leftMs = lingerMs;
  let leftBytes = maxLeftBytes;
  let hasExited = false;
  let timer: NodeJS.Timeout | undefined;
  let waitingSince = performance.now();
  const wait = () => {
    waitingSince = performance.now();
    if (hasExited) timer = setTimeout(() => source.destroy(), leftMs);
  };
  void exited.then(() => {
    hasExited = true;
    if (timer === undefined && isWaiting) wait();
  });
  let isWaiting = true;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      isWaiting = false;
      clearTimeout(timer);
      timer = undefined;
      if (hasExited) {
        leftMs = Math.max(0, leftMs - (performance.now() - waitingSince));
        leftBytes -= chunk.length;
      }
      await write(chunk);
      if (leftBytes <= 0) break;
      isWaiting = true;
      wait();
    }
  } catch {
    // Destroyed above, lost with a process that was killed, or nobody can take it any more.
  } finally {
    clearTimeout(timer);
    source.destroy();
  }
}

/** Resolves when the next chunk may follow; a target that went away takes everything, and after the signal none is waited for. */
export async function writeTo(target: Writable | undefined, chunk: Buffer, signal: AbortSignal): Promise<void> {
  if (target === undefined || target.destroyed || target.write(chunk) || signal.aborted) return;
  const over = new AbortController();
  const options = { signal: over.signal };
  const events = [once(target, 'drain', options), once(target, 'close', options), once(signal, 'abort', options)];
  await Promise.race(events).catch(() => {});
  over.abort();
}
