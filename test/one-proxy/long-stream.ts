/** A stream that should stay open: opened again whenever it ends, and asked how it looked when it did. */

export interface OpenStream {
  /** What made it look cut off, in words; undefined: it looked like its regular end. */
  over: Promise<string | undefined>;
  end(): void;
}

export class LongStream {
  readonly name: string;
  /** API servers that stop end it in peace. */
  readonly endsInPeace: boolean;
  opened = 0;
  /** How those that were cut looked. */
  readonly cuts: string[] = [];
  /** Streams that ended and looked as if they had come to their end. */
  silentEnds = 0;
  readonly failedOpenings: string[] = [];
  /** Failed openings in a row, at most. */
  longestStreak = 0;
  /** From an end to the next stream, at most, in milliseconds. */
  longestGapMs = 0;
  readonly #open: (signal: AbortSignal) => Promise<OpenStream>;

  /** `open` resolves when something came out of the stream. */
  constructor(name: string, open: (signal: AbortSignal) => Promise<OpenStream>, { endsInPeace = false } = {}) {
    this.name = name;
    this.endsInPeace = endsInPeace;
    this.#open = open;
  }

  async run(signal: AbortSignal): Promise<void> {
    let [streak, since] = [0, performance.now()];
    while (!signal.aborted) {
      let stream: OpenStream;
      try {
        stream = await this.#open(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.longestStreak = Math.max(this.longestStreak, ++streak);
        this.failedOpenings.push(error instanceof Error ? error.message : String(error));
        continue;
      }
      if (this.opened++ > 0) this.longestGapMs = Math.max(this.longestGapMs, performance.now() - since);
      streak = 0;
      const stop = (): void => stream.end();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const looked = await stream.over;
      signal.removeEventListener('abort', stop);
      if (signal.aborted) return;
      since = performance.now();
      if (looked === undefined) this.silentEnds++;
      else this.cuts.push(looked.trim().slice(-200));
    }
  }

  /** One line for the reader of the test's output. */
  get summary(): string {
    const { name, opened, cuts, silentEnds, failedOpenings, longestStreak } = this;
    const gap = cuts.length > 0 ? `, again after at most ${Math.round(this.longestGapMs)} ms` : '';
    const failed = failedOpenings.length > 0 ? `, ${failedOpenings.length} not opened (${longestStreak} in a row)` : '';
    return `${name}: opened ${opened} times, cut ${cuts.length} times, ended silently ${silentEnds} times${gap}${failed}`;
  }
}
