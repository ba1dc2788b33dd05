/**
 * When to forget history: a store tells every write and asks how far it may compact. History is kept for a time, but never
 * more than so many revisions or bytes of it, so that a store stays bounded whatever is written.
 */
export interface HistoryLimits {
  /** Milliseconds for which a superseded value stays readable. */
  maxAgeMs: number;
  maxRevisions: number;
  /** Of values, in bytes. */
  maxBytes: number;
}

export const defaultHistoryLimits: HistoryLimits = { maxAgeMs: 300_000, maxRevisions: 10_000, maxBytes: 32 << 20 };

interface Mark {
  at: number;
  revision: number;
  bytes: number;
}

/** Remembers about a dozen points in time instead of every write's. */
export class History {
  readonly #limits: HistoryLimits;
  readonly #now: () => number;
  /** Points to which history can be forgotten, oldest first. */
  readonly #marks: Mark[];
  /** What has been forgotten up to. */
  #base: Mark;
  #last: Mark;

  /**
   * `compacted` and `current` are the revisions at the start; `now` is a monotonic clock in milliseconds. What was written
   * before the start counts as written just now.
   */
  constructor(limits: HistoryLimits, start: { compacted: number; current: number }, now = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#base = { at: now(), revision: start.compacted, bytes: 0 };
    this.#last = { at: now(), revision: start.current, bytes: 0 };
    this.#marks = [this.#last];
  }

  /** A write of so many bytes has been committed. */
  note(revision: number, bytes: number): void {
    const { maxAgeMs, maxRevisions, maxBytes } = this.#limits;
    const last = { at: this.#now(), revision, bytes: this.#last.bytes + bytes };
    const mark = this.#marks.at(-1) ?? this.#base;
    if (
      last.at - mark.at >= maxAgeMs / 8 ||
      last.revision - mark.revision >= maxRevisions / 8 ||
      last.bytes - mark.bytes >= maxBytes / 8
    ) {
      this.#marks.push(last);
    }
    this.#last = last;
  }

  /** The newest revision up to which history is to be forgotten now; undefined when all may stay. Answers once. */
  due(): number | undefined {
    const { maxAgeMs, maxRevisions, maxBytes } = this.#limits;
    const now = this.#now();
    let found: number | undefined;
    for (let mark = this.#marks[0]; mark !== undefined; mark = this.#marks[0]) {
      const old = now - mark.at >= maxAgeMs;
      const many = this.#last.revision - this.#base.revision > maxRevisions;
      const large = this.#last.bytes - this.#base.bytes > maxBytes;
      if (!old && !many && !large) break;
      this.#base = mark;
      this.#marks.shift();
      found = mark.revision;
    }
    return found;
  }
}
