/** The streams of a container that one was attached to while it ran: first what its log holds, then what comes. */
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExecSession } from '../../client/exec.ts';
import { within } from '../../lib/within.ts';

/** Of what comes while the log is read, and of the log's end to which it is compared. */
const HELD_BYTES = 64 * 1024;
/** A node that does not tell the log must not keep what comes from being shown. */
const SILENT_MS = 5000;
/** How long the rest of what the log told is waited for where a part of it has come. */
const FOLLOWS_MS = 1000;

/**
 * The log is opened once one is attached, so that nothing between the two is lost; what both bring is told once. `failed` is
 * called where the log could not be read to its end. The log is told on `stdout`, as it does not say where each line went.
 */
export function logFirst(
  session: ExecSession,
  openLog: () => Promise<Readable>,
  failed: (error: Error) => void,
): ExecSession {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const held = new Held([
    { from: session.stdout, to: stdout },
    { from: session.stderr, to: stderr },
  ]);
  const since = performance.now();
  void tellLog(openLog, stdout, failed).then((end) => held.compare(end, performance.now() - since));
  return { ...session, stdout, stderr, resize: (size) => session.resize(size) };
}

/** Returns the last bytes of the log. Never rejects. */
async function tellLog(
  openLog: () => Promise<Readable>,
  to: PassThrough,
  failed: (error: Error) => void,
): Promise<Buffer> {
  let end: Buffer = Buffer.alloc(0);
  const opening = openLog();
  try {
    const log = await inTime(opening);
    try {
      const chunks: AsyncIterator<Buffer> = log[Symbol.asyncIterator]();
      for (let next = await inTime(chunks.next()); next.done !== true; next = await inTime(chunks.next())) {
        end = Buffer.concat([end, next.value]).subarray(-HELD_BYTES);
        // There is nobody to tell any more: it would never drain.
        if (to.destroyed) break;
        if (!to.write(next.value))
          await new Promise<void>((resolve) => to.once('drain', resolve).once('close', resolve));
      }
    } finally {
      log.destroy();
    }
  } catch (error) {
    opening.then(
      (log) => log.destroy(),
      () => {},
    );
    if (!to.destroyed) failed(error instanceof Error ? error : new Error(String(error)));
  }
  return end;
}

async function inTime<T>(step: Promise<T>): Promise<T> {
  const result = await within<T | undefined>(SILENT_MS, undefined, step);
  if (result === undefined) throw new Error(`nothing came for ${SILENT_MS / 1000} s`);
  return result;
}

interface Passage {
  from: Readable;
  to: PassThrough;
}

/** Keeps what comes, in the order of its coming, until `compare`: then all is passed on but for what the log told too. */
class Held {
  readonly #passages: readonly Passage[];
  readonly #stops: (() => void)[];
  readonly #kept: { chunk: Buffer; to: PassThrough }[] = [];
  #bytes = 0;
  #changed = (): void => {};

  constructor(passages: readonly Passage[]) {
    this.#passages = passages;
    this.#stops = passages.map(({ from, to }) => {
      const keep = (chunk: Buffer): void => {
        this.#kept.push({ chunk, to });
        this.#bytes += chunk.length;
        if (this.#bytes >= HELD_BYTES) for (const each of passages) each.from.pause();
        this.#changed();
      };
      const over = (): void => this.#changed();
      // Why it broke off is told by the exit code.
      const broke = (): void => {
        to.destroy();
      };
      from.on('data', keep).on('error', broke).on('close', over);
      return () => from.pause().off('data', keep).off('error', broke).off('close', over);
    });
  }

  /**
   * What both tell may be on its way yet when the log has been read, for about as long as the log itself took (`tookMs`);
   * where a piece of the log has come, the rest of it follows.
   */
  compare(logEnd: Buffer, tookMs: number): void {
    let timer = setTimeout(() => this.#release(0), tookMs);
    let isFollowing = false;
    this.#changed = () => {
      const come = Buffer.concat(this.#kept.map(({ chunk }) => chunk));
      const told = overlap(logEnd, come);
      const isOver = this.#passages.every(({ from }) => from.closed);
      if (told > 0 || isOver || !logEnd.includes(come)) {
        clearTimeout(timer);
        this.#release(told);
      } else if (come.length > 0 && !isFollowing) {
        isFollowing = true;
        clearTimeout(timer);
        timer = setTimeout(() => this.#release(0), FOLLOWS_MS);
      }
    };
    this.#changed();
  }

  #release(told: number): void {
    this.#changed = () => {};
    for (const stop of this.#stops) stop();
    for (const { chunk, to } of this.#kept) {
      const fresh = chunk.subarray(told);
      told -= chunk.length - fresh.length;
      if (fresh.length > 0) to.write(fresh);
    }
    for (const { from, to } of this.#passages) pipeline(from, to).catch(() => {});
  }
}

/** How many bytes are both the last ones of `earlier` and the first ones of `later`. */
function overlap(earlier: Buffer, later: Buffer): number {
  let bytes = Math.min(earlier.length, later.length);
  while (bytes > 0 && !earlier.subarray(earlier.length - bytes).equals(later.subarray(0, bytes))) bytes -= 1;
  return bytes;
}
