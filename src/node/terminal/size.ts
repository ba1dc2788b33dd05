import { patience } from '../../lib/patience.ts';

/** The size of a terminal's window, as the client of a session tells it from time to time. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** What a terminal has whose client tells none. */
export const defaultSize: TerminalSize = { columns: 80, rows: 24 };

/** The latest size that a client told. */
export class TerminalSizes {
  #latest: TerminalSize | undefined;
  readonly #listeners = new Set<(size: TerminalSize) => void>();

  get latest(): TerminalSize | undefined {
    return this.#latest;
  }

  set(size: TerminalSize): void {
    this.#latest = size;
    for (const listener of this.#listeners) listener(size);
  }

  /** Calls back for every size from now on. Returns a function that ends it. */
  onChange(listener: (size: TerminalSize) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The latest size, else the first within that time, else the default. */
  first(patienceMs: number): Promise<TerminalSize> {
    if (this.#latest !== undefined) return Promise.resolve(this.#latest);
    const { promise, resolve } = Promise.withResolvers<TerminalSize>();
    const stop = this.onChange(resolve);
    const endPatience = patience(patienceMs, () => resolve(defaultSize));
    return promise.finally(() => {
      endPatience();
      stop();
    });
  }
}
