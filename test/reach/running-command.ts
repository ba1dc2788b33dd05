/** A command of fairlead whose events are waited for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { entry, type Home } from '../fairlead-process.ts';

/** A command that runs until it is told to end. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #events: Record<string, unknown>[] = [];
  readonly #lines: string[] = [];
  readonly #errors: string[] = [];
  #arrived = Promise.withResolvers<void>();
  /** It has ended, and all that it said is there. */
  #isOver = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const arrive = (): void => {
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    };
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#lines.push(line);
        if (line.startsWith('{')) this.#events.push(JSON.parse(line));
        arrive();
      });
    if (child.stderr !== null)
      createInterface({ input: child.stderr }).on('line', (line) => {
        this.#errors.push(line);
        arrive();
      });
    child.once('close', () => {
      this.#isOver = true;
      arrive();
    });
  }

  static async start(home: Home, args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: home.directory,
      env: { ...home.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Running(child);
  }

  /** Events so far. */
  get count(): number {
    return this.#events.length;
  }

  /** The newest that fits, now or when it comes; `after`: not one of the first so many. */
  event(fits: (event: Record<string, unknown>) => boolean, after = 0): Promise<Record<string, unknown>> {
    return this.#until(() => this.#events.slice(after).findLast(fits));
  }

  stdoutLine(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => this.#lines.map((line) => pattern.exec(line)).find((match) => match !== null));
  }

  stderrLine(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => this.#errors.map((line) => pattern.exec(line)).find((match) => match !== null));
  }

  async #until<T>(look: () => T | null | undefined): Promise<T> {
    for (;;) {
      const arrived = this.#arrived.promise;
      const found = look();
      if (found !== undefined && found !== null) return found;
      if (this.#isOver) throw new Error(`it ended: ${this.#errors.join('\n')}`);
      await arrived;
    }
  }

  /** Ctrl-C; the exit code. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
