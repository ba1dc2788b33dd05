/** What a node and the process that holds one terminal tell each other. The terminal's bytes go through a socket beside. */
import type { TerminalSize } from './size.ts';

/** From the hang-up of a terminal to the end of a program that does not heed it. */
export const hangUpMs = 1000;

/** The number of that socket in the holding process. */
export const wireFd = 3;

export type ToHost =
  | {
      kind: 'start';
      argv: readonly string[];
      environment: Readonly<Record<string, string>>;
      workingDirectory: string;
      size: TerminalSize;
    }
  | { kind: 'resize'; size: TerminalSize }
  /** Closes the terminal: its program gets SIGHUP, its output is at an end. */
  | { kind: 'hang up' };

export type FromHost =
  | { kind: 'started'; pid: number }
  | { kind: 'failed'; message: string }
  /** `signal` is 0 where none ended it. */
  | { kind: 'exited'; code: number; signal: number };
