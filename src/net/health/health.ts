/** What is known of one server's health, from probes and from what happens to its connections. */

/**
 * `untested`: not asked yet, taken for well. `draining`: it answers, and wants no new work. `down`: it cannot be reached or
 * does not answer.
 */
export const serverStates = ['untested', 'ready', 'draining', 'down'] as const;
export type ServerState = (typeof serverStates)[number];

/** One that is not known to be unwell may be sent requests. */
export function isUsableState(state: ServerState): boolean {
  return state === 'ready' || state === 'untested';
}

export type Observation =
  | { kind: 'ready' }
  /** It says itself that it is not ready. */
  | { kind: 'draining'; reason: string }
  /** `silent`: it may only be slow, since nothing came in time; else it is certain (refused, wrong certificate). */
  | { kind: 'down'; reason: string; silent: boolean };

/** Probes in a row that a server has to pass before it gets work again. */
const rise = 2;
/** Silences in a row until a server is taken for down. */
const fall = 2;
/** Silences in a row until what it still has in flight is taken for lost: none of it can be expected any more. */
const lostAfter = 3;

export class Health {
  #state: ServerState = 'untested';
  #since = Date.now();
  #lastError: string | undefined;
  #successes = 0;
  #silences = 0;
  #lost = new AbortController();

  get state(): ServerState {
    return this.#state;
  }

  /** When this state began, in milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  /** Why it is, or was last, not ready. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Whether it should be given work. */
  get isUsable(): boolean {
    return isUsableState(this.#state);
  }

  /** Fires when the server has fallen silent and nothing that is in flight will be answered. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** True when the state is another one now. */
  observe(observation: Observation): boolean {
    if (observation.kind === 'ready') {
      this.#silences = 0;
      this.#successes++;
      if (this.#lost.signal.aborted) this.#lost = new AbortController();
      return this.#state === 'untested' || this.#successes >= rise ? this.#enter('ready') : false;
    }
    this.#successes = 0;
    this.#lastError = observation.reason;
    if (observation.kind === 'draining') {
      this.#silences = 0;
      return this.#enter('draining');
    }
    if (!observation.silent) {
      // What is open may go on: a server that stops ends listening first.
      this.#silences = 0;
      return this.#enter('down');
    }
    this.#silences++;
    if (this.#silences === lostAfter) this.#lost.abort(new Error(observation.reason));
    return this.#silences >= fall ? this.#enter('down') : false;
  }

  #enter(state: ServerState): boolean {
    if (this.#state === state) return false;
    this.#state = state;
    this.#since = Date.now();
    return true;
  }
}
