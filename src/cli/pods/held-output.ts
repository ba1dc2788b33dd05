/** What comes from a container that one was attached to, kept until it is clear how much of it the log has told already. */
import type { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What is kept at most, and the most of the log's end to which it is compared. */
export const HELD_BYTES = 64 * 1024;
/** How long the rest of what the log told is waited for where a part of it has come. */
const FOLLOWS_MS = 1000;
/** How often the log is measured while more comes all the time. */
const MEASUREMENTS = 3;

export interface Passage {
  from: Readable;
  to: PassThrough;
}

/** A log that was read to its end once there was an attachment. */
export interface ToldLog {
  /** The last bytes. */
  end: Buffer;
  /** In bytes. */
  length: number;
  tookMs: number;
  /** How long the log is by now; undefined: not known. */
  measure(): Promise<number | undefined>;
}

export class HeldOutput {
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
   * Passes all on, in the order of its coming, but for what the log told too. That may be on its way yet, for about as long as
   * the log itself took; where a piece of the log has come, the rest of it follows.
   */
  compare(log: ToldLog): void {
    let timer = setTimeout(() => this.#release(0), log.tookMs);
    let isFollowing = false;
    this.#changed = () => {
      const come = this.#come();
      const told = overlap(log.end, come);
      const isOver = this.#passages.every(({ from }) => from.closed);
      if (told > 0 || isOver || !log.end.includes(come)) {
        clearTimeout(timer);
        this.#changed = () => {};
        if (told === 0) this.#release(0);
        else void this.#measured(log, told).then((exactly) => this.#release(exactly));
      } else if (come.length > 0 && !isFollowing) {
        isFollowing = true;
        clearTimeout(timer);
        timer = setTimeout(() => this.#release(0), FOLLOWS_MS);
      }
    };
    this.#changed();
  }

  /**
   * What looks like the log's end may be said anew, by a program that repeats itself. Where nothing more comes while the log is
   * measured, its length tells where in it the attachment began.
   */
  async #measured(log: ToldLog, likely: number): Promise<number> {
    for (let tries = 0; tries < MEASUREMENTS; tries++) {
      const before = this.#bytes;
      const length = await log.measure();
      if (length === undefined) break;
      if (this.#bytes !== before) continue;
      const told = log.length - (length - before);
      const fits = told >= 0 && told <= log.end.length && told <= before;
      // Half a line that came is not in the log yet.
      if (fits && log.end.subarray(log.end.length - told).equals(this.#come().subarray(0, told))) return told;
    }
    return likely;
  }

  #come(): Buffer {
    return Buffer.concat(this.#kept.map(({ chunk }) => chunk));
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
