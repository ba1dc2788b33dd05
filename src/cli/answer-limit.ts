/** `--request-timeout` for an answer that goes on and on: the client's own limit counts only until it begins. */
import { addAbortSignal, type Readable } from 'node:stream';

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

  /** The answer has begun, and this is its body: it fails when the time is over. */
  cover(body: Readable): void {
    this.start();
    addAbortSignal(this.signal, body);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
