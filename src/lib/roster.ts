/** A collection of what comes and goes by the thousands in a second. */

/** Where an entry stands in its roster; −1: in none. Only the roster writes it. */
export interface Rostered {
  rosterIndex: number;
}

/**
 * What is in it, in no order. Stands in for a `Set`, whose outgrown tables go on to hold entries that were deleted and point to
 * the table after: once one is in the old generation, whatever has passed through is kept until that is collected as a whole,
 * and each collection of the young generation copies all of it. Entries may be added and deleted while it is iterated; it is then
 * not certain whether those are met.
 */
export class Roster<T extends Rostered> {
  readonly #entries: T[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** It must be in no roster. */
  add(entry: T): void {
    entry.rosterIndex = this.#entries.push(entry) - 1;
  }

  /** Does nothing where it is in none. */
  delete(entry: T): void {
    const index = entry.rosterIndex;
    if (this.#entries[index] !== entry) return;
    entry.rosterIndex = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#entries[index] = last;
    last.rosterIndex = index;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#entries[Symbol.iterator]();
  }
}
