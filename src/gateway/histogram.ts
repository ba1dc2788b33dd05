/** How long things took, counted by bounds: a histogram of Prometheus. */

/** Upper bounds in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Histogram {
  /** Of each bound, and of what is above all of them; each is counted once. */
  readonly #counts = Array.from({ length: bounds.length + 1 }, () => 0);
  sum = 0;
  count = 0;

  add(seconds: number): void {
    const at = bounds.findIndex((bound) => seconds <= bound);
    const index = at === -1 ? bounds.length : at;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.sum += seconds;
    this.count++;
  }

  /** `le`: the bound; `atMost`: how many took no longer. */
  get buckets(): { le: string; atMost: number }[] {
    let atMost = 0;
    return [...bounds.map(String), '+Inf'].map((le, index) => {
      atMost += this.#counts[index] ?? 0;
      return { le, atMost };
    });
  }
}
