/** What comes from a container that one was attached to, kept until it is clear how much of it the log has told already. */
import type { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What is kept at most. */
const HELD_BYTES = 64 * 1024;
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
  /** The last bytes: all that may have come by the attachment too, where they are enough. */
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
  #take = (chunk: Buffer, to: PassThrough): void => this.#keep(chunk, to);
  #changed = (): void => {};

  constructor(passages: readonly Passage[]) {
    this.#passages = passages;
    this.#stops = passages.map(({ from, to }) => {
      const take = (chunk: Buffer): void => this.#take(chunk, to);
      const over = (): void => this.#changed();
      // Why it broke off is told by the exit code.
      const broke = (): void => {
        to.destroy();
      };
      from.on('data', take).on('error', broke).on('close', over);
      return () => from.pause().off('data', take).off('error', broke).off('close', over);
    });
  }

  /** Whether no more is kept: nothing tells how much has come. */
  get isFull(): boolean {
    return this.#bytes >= HELD_BYTES;
  }

  /**
   * How much of the log, whose last bytes these are, was told since it came to what one was attached to; 0 where that is not known.
   * All of it comes by the attachment too, and a program that writes faster than its log is read would be told twice.
   */
  toldSince(end: Buffer): number {
    if (!this.isFull) return 0;
    // The last place: the program may have said the same before.
    const place = end.lastIndexOf(this.#come());
    return place === -1 ? 0 : end.length - place;
  }

  /**
   * Passes all on, in the order of its coming, but for what the log told too. That may be on its way yet, for about as long as
   * the log itself took; where a piece of the log has come, the rest of it follows.
   */
  compare(log: ToldLog): void {
    let timer: NodeJS.Timeout;
    let isFollowing = false;
    const decide = (): void => {
      clearTimeout(timer);
      this.#changed = () => {};
      const come = this.#come();
      const told = this.toldSince(log.end) || overlap(log.end, come);
      if (told === 0 || this.isFull) this.#release(told);
      else void this.#measured(log, told).then((exactly) => this.#release(exactly));
    };
    timer = setTimeout(decide, log.tookMs);
    this.#changed = () => {
      const come = this.#come();
      if (this.#isOver || this.isFull) decide();
      else if (come.length === 0) return;
      else if (overlap(log.end, come) === come.length || !log.end.includes(come)) decide();
      else if (!isFollowing) {
        isFollowing = true;
        clearTimeout(timer);
        timer = setTimeout(decide, FOLLOWS_MS);
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
      // Half a line that came is not in the log yet.
      const told = log.length - (length - this.#bytesOfLines());
      const fits = told >= 0 && told <= log.end.length && told <= before;
      if (fits && log.end.subarray(log.end.length - told).equals(this.#come().subarray(0, told))) return told;
    }
    return likely;
  }

  get #isOver(): boolean {
    return this.#passages.every(({ from }) => from.closed);
  }

  #keep(chunk: Buffer, to: PassThrough): void {
    this.#kept.push({ chunk, to });
    this.#bytes += chunk.length;
    if (this.isFull) for (const { from } of this.#passages) from.pause();
    this.#changed();
  }

  #come(passages = this.#passages): Buffer {
    const targets = passages.map(({ to }) => to);
    return Buffer.concat(this.#kept.filter(({ to }) => targets.includes(to)).map(({ chunk }) => chunk));
  }

  /** Of whole ones. */
  #bytesOfLines(): number {
    return this.#passages.reduce((bytes, passage) => bytes + this.#come([passage]).lastIndexOf('\n') + 1, 0);
  }

  /** More may have been told than was kept: that is left out of what comes next. */
  #release(told: number): void {
    const writeFresh = (chunk: Buffer, to: PassThrough): void => {
      const fresh = chunk.subarray(told);
      told -= chunk.length - fresh.length;
      if (fresh.length > 0) to.write(fresh);
    };
    for (const { chunk, to } of this.#kept.splice(0)) writeFresh(chunk, to);
    this.#changed = () => {
      if (told === 0 || this.#isOver) this.#passOn();
    };
    this.#take = (chunk, to) => {
      writeFresh(chunk, to);
      this.#changed();
    };
    for (const { from } of this.#passages) from.resume();
    this.#changed();
  }

  #passOn(): void {
    this.#changed = () => {};
    for (const stop of this.#stops) stop();
    for (const { from, to } of this.#passages) pipeline(from, to).catch(() => {});
  }
}

/** How many bytes are both the last ones of `earlier` and the first ones of `later`. */
function overlap(earlier: Buffer, later: Buffer): number {
  const [first] = later;
  if (first === undefined) return 0;
  let place = earlier.indexOf(first, Math.max(0, earlier.length - later.length));
  while (place !== -1 && earlier.compare(later, 0, earlier.length - place, place) !== 0) {
    place = earlier.indexOf(first, place + 1);
  }
  return place === -1 ? 0 : earlier.length - place;
}
