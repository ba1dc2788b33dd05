/** A line for what takes over a second: rewritten in place on a terminal, one plain line elsewhere. */
import type { CommandIo } from '../command.ts';

const delayMilliseconds = 1000;

export class Progress {
  readonly #stream: CommandIo['stderr'];
  #timer: NodeJS.Timeout | undefined;
  #shown = false;

  constructor(stream: CommandIo['stderr']) {
    this.#stream = stream;
  }

  /** Says what goes on, if it still does after a second. Ends what was said before. */
  begin(what: string): void {
    this.end();
    const started = Date.now();
    const show = () => {
      const seconds = Math.round((Date.now() - started) / 1000);
      if (this.#stream.isTTY === true) this.#stream.write(`\r\u001b[K${what} (${seconds} s)`);
      else if (!this.#shown) this.#stream.write(`${what}\n`);
      this.#shown = true;
      this.#timer = setTimeout(show, delayMilliseconds);
      this.#timer.unref();
    };
    this.#timer = setTimeout(show, delayMilliseconds);
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#shown && this.#stream.isTTY === true) this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }
}
