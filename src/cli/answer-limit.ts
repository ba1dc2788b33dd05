/** `--request-timeout` for an answer that goes on and on: the client's own limit counts only until it begins. */
export class AnswerLimit implements Disposable {
  /** The command's own, or that the time is over. */
  readonly signal: AbortSignal;
  readonly #limitMs: number | undefined;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** `limitMs` absent: no limit. */
  constructor(signal: AbortSignal, limitMs: number | undefined) {
    this.signal = AbortSignal.any([signal, this.#over.signal]);
    this.#limitMs = limitMs;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** The answer begins; called again it changes nothing. */
  start(): void {
    if (this.#limitMs !== undefined) this.#timer ??= setTimeout(() => this.#over.abort(), this.#limitMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
