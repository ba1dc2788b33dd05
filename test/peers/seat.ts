/** Somebody in front of a program in a terminal: types, reads the screen, resizes the window, leaves. */
import { once } from 'node:events';
import { startInTerminal } from '../../src/node/runtime/start-in-terminal.ts';
import type { StartedProcess } from '../../src/node/runtime/started-process.ts';
import type { TerminalSize } from '../../src/node/terminal/size.ts';

export class Seat implements AsyncDisposable {
  readonly #program: StartedProcess;
  readonly #over: Promise<'over'>;
  #shown = '';

  private constructor(program: StartedProcess) {
    this.#program = program;
    program.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#shown += chunk;
    });
    this.#over = program.exited.then(() => 'over');
  }

  static async take(
    argv: readonly string[],
    options: { env: Readonly<Record<string, string>>; directory: string; size: TerminalSize },
  ): Promise<Seat> {
    const launch = { argv, environment: options.env, workingDirectory: options.directory };
    return new Seat(await startInTerminal(launch, options.size));
  }

  type(keys: string): void {
    this.#program.stdin?.write(keys);
  }

  resize(size: TerminalSize): void {
    this.#program.terminal?.resize(size);
  }

  /** Resolves when that is on the screen, of what nobody waited for before. Throws when the program ends without it. */
  async sees(pattern: RegExp): Promise<RegExpExecArray> {
    for (let isOver = false; ; ) {
      const match = pattern.exec(this.#shown);
      if (match !== null) {
        this.#shown = this.#shown.slice(match.index + match[0].length);
        return match;
      }
      if (isOver) throw new Error(`the program ended without ${pattern}; it showed: ${this.#shown}`);
      isOver = (await Promise.race([once(this.#program.stdout, 'data'), this.#over])) === 'over';
    }
  }

  /** Its exit code, once all that it wrote was shown. */
  async end(): Promise<number> {
    return (await this.#program.exited).exitCode;
  }

  /** kill -9: without a word to the other side. */
  kill(): void {
    this.#program.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#program.exited;
  }
}
