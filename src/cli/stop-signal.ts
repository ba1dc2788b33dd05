/** What ends a command before it is done, and the exit code that shells have for it. */
import { interrupted } from './interrupted.ts';

/** Named as the errors of all signals are. */
export class Stopped extends Error {
  override readonly name = 'AbortError';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('the command was stopped');
    this.exitCode = exitCode;
  }
}

const terminated = 143;
/** As of a program that SIGPIPE ended. */
const unheard = 141;

const controller = new AbortController();

/** Fires on the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    const exitCode = name === 'SIGINT' ? interrupted : terminated;
    process.once(name, () => {
      process.once(name, () => process.exit(exitCode));
      controller.abort(new Stopped(exitCode));
    });
  }
  return controller.signal;
}

/** Who reads the output has left: there is nobody to go on for. */
export function stopUnheard(): void {
  controller.abort(new Stopped(unheard));
}

/** Of a command whose signal fired. */
export function stoppedCode({ reason }: AbortSignal): number {
  return reason instanceof Stopped ? reason.exitCode : interrupted;
}
