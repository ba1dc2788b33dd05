/**
 * How far a log was told, so that it can be asked for again from there without loss or doubles. A server takes a time in
 * whole seconds, and so tells lines of that second again: those that were told are dropped by their times, as many of one
 * time as were told. Lines need not be in the order of their times.
 */
import type { LogPiece } from './log-lines.ts';

interface LineTime {
  seconds: number;
  /** Exact, and the same however the time is spelled. */
  key: string;
  /** Of the time and the blank after it. */
  length: number;
}

/** What becomes of a line that is under way. */
type Verdict = { kind: 'drop' } | { kind: 'foreign' } | { kind: 'tell'; time: LineTime; skip: number };

/** A time with nanoseconds and a zone is never longer. */
const longestTime = 40;
const blank = 0x20;
const times = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

export class LogPosition {
  readonly #keepTimes: boolean;
  /** The latest second of which lines were told. */
  #second = Number.NEGATIVE_INFINITY;
  /** How many lines of each time were told, of that second and later. */
  readonly #told = new Map<string, number>();
  /** What came before was not wanted (the last so many lines only). */
  #first: string | undefined;
  /** A line of which a part was told. */
  #open: { key: string; bytes: number } | undefined;
  /** Lines that this answer has yet to tell again. */
  #again = new Map<string, number>();
  #isAgain = false;
  /** This answer has yet to show that it goes on where the one before ended. */
  #mustJoin = false;
  #isMissing = false;
  /** Undefined between lines. */
  #line: Verdict | undefined;

  /** `keepTimes`: lines are told with their times in front. */
  constructor(keepTimes: boolean) {
    this.#keepTimes = keepTimes;
  }

  /** The time to ask from; undefined while nothing was told. */
  get since(): Date | undefined {
    return this.#first === undefined ? undefined : new Date(this.#second * 1000);
  }

  /** Lines up to this one count as told, though nobody was: its bytes begin with its time. */
  startAfter(line: Buffer): void {
    const time = readTime(line);
    if (time === undefined) return;
    this.#first = time.key;
    this.#second = time.seconds;
    this.#told.set(time.key, 1);
  }

  /** A further answer begins. `isSameRun`: its log holds the lines that were told last, as far as they are kept. */
  begin(isSameRun: boolean): void {
    this.#isAgain = this.#first !== undefined;
    this.#mustJoin = this.#isAgain && isSameRun;
    this.#again = new Map(this.#told);
    this.#line = undefined;
  }

  /** True once, where lines between those told before and the one just taken are no longer there. */
  takeMissing(): boolean {
    const isMissing = this.#isMissing;
    this.#isMissing = false;
    return isMissing;
  }

  /** The part of it that was not told yet; undefined where there is none. */
  take({ bytes, ends }: LogPiece): Buffer | undefined {
    const isStart = this.#line === undefined;
    this.#line ??= this.#judge(bytes);
    const line = this.#line;
    if (ends) this.#line = undefined;
    if (line.kind === 'drop') return undefined;
    if (line.kind === 'foreign') return bytes;
    const { time, skip } = line;
    const text = isStart && !this.#keepTimes ? bytes.subarray(time.length) : bytes;
    const told = text.subarray(Math.min(skip, text.length));
    line.skip -= text.length - told.length;
    if (ends) this.#ended(time);
    else this.#open = { key: time.key, bytes: (this.#open?.key === time.key ? this.#open.bytes : 0) + told.length };
    return told.length === 0 ? undefined : told;
  }

  #judge(bytes: Buffer): Verdict {
    const time = readTime(bytes);
    // The server's own words, which it does not date.
    if (time === undefined) return { kind: 'foreign' };
    if (this.#isAgain) {
      const before = this.#again.get(time.key) ?? 0;
      if (before > 0) {
        this.#again.set(time.key, before - 1);
        this.#mustJoin = false;
        return { kind: 'drop' };
      }
      if (this.#first !== undefined && time.key < this.#first) return { kind: 'drop' };
      if (this.#open?.key === time.key) {
        this.#mustJoin = false;
        return { kind: 'tell', time, skip: this.#open.bytes };
      }
    }
    // A log loses its oldest lines first: where this one is here, one that was told would be, were it all here.
    this.#isMissing ||= this.#mustJoin;
    this.#mustJoin = false;
    this.#open = undefined;
    this.#first ??= time.key;
    if (time.seconds > this.#second) {
      this.#second = time.seconds;
      this.#told.clear();
    }
    return { kind: 'tell', time, skip: 0 };
  }

  #ended({ seconds, key }: LineTime): void {
    this.#open = undefined;
    if (seconds >= this.#second) this.#told.set(key, (this.#told.get(key) ?? 0) + 1);
  }
}

function readTime(bytes: Buffer): LineTime | undefined {
  const end = bytes.subarray(0, longestTime).indexOf(blank);
  const match = end < 0 ? null : times.exec(bytes.toString('latin1', 0, end));
  if (match === null) return undefined;
  const [, clock = '', fraction = '', zone = ''] = match;
  const seconds = Date.parse(`${clock}${zone}`) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  // Padded, so that keys sort as times do.
  const key = `${String(seconds).padStart(12, '0')}.${fraction.padEnd(9, '0')}`;
  return { seconds, key, length: end + 1 };
}
