/** Work that goes on once at a time: who asks meanwhile waits for the same result. It is stopped when nobody waits any more. */
export class SharedWork<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #run: { result: Promise<T>; waiting: number; stop: AbortController } | undefined;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  get running(): boolean {
    return this.#run !== undefined;
  }

  /** Starts the work or joins it. Rejects with its error, or with the signal's reason. */
  async join(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const run = this.#run ?? this.#start();
    run.waiting++;
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([run.result, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      run.waiting--;
      if (run.waiting === 0) {
        this.#forget(run);
        run.stop.abort();
      }
    }
  }

  #start() {
    const stop = new AbortController();
    const run = { result: this.#work(stop.signal), waiting: 0, stop };
    this.#run = run;
    // Also where all who waited have left.
    run.result.catch(() => {}).finally(() => this.#forget(run));
    return run;
  }

  #forget(run: object): void {
    if (this.#run === run) this.#run = undefined;
  }
}
