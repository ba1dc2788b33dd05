/** Balancing policies: one function each, over the load that candidates have. */

export interface Loaded {
  /** Pieces of work that it has now. */
  readonly inFlight: number;
}

/** The candidate that gets the next piece of work; undefined where there is none. */
export type BalancePolicy = <T extends Loaded>(candidates: readonly T[]) => T | undefined;
