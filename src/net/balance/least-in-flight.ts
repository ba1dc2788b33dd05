/** Balancing policy: the candidate with the fewest exchanges in flight; among equals each in turn. */
export class LeastInFlight {
  readonly #inFlight = new Map<string, number>();
  #turn = 0;

  /** `keyOf` tells candidates apart over time. Undefined: there are none. */
  pick<T>(candidates: readonly T[], keyOf: (candidate: T) => string): T | undefined {
    const start = this.#turn++;
    let best: T | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[(start + i) % candidates.length];
      if (candidate === undefined) continue;
      const load = this.#inFlight.get(keyOf(candidate)) ?? 0;
      if (load < least) {
        best = candidate;
        least = load;
      }
    }
    return best;
  }

  /** Counts one exchange; call the result once when it is over. */
  begin(key: string): () => void {
    this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const left = (this.#inFlight.get(key) ?? 1) - 1;
      if (left > 0) this.#inFlight.set(key, left);
      else this.#inFlight.delete(key);
    };
  }
}
