/** How long a crashed container waits: not at all at first, then 10 s, doubling up to 5 min; anew after 10 good minutes. */

const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
const FORGIVEN_AFTER_MS = 2 * LONGEST_MS;

export class RestartBackoff {
  #next = 0;

  /** The wait after a run of this length, in milliseconds. */
  after(ranForMs: number): number {
    if (ranForMs > FORGIVEN_AFTER_MS) this.#next = 0;
    const wait = this.#next;
    this.#next = wait === 0 ? FIRST_MS : Math.min(wait * 2, LONGEST_MS);
    return wait;
  }
}
