/** The user's terminal while a program elsewhere has it: every key goes there, and nothing is made of its output. */
import { spawnSync } from 'node:child_process';
import { ReadStream, WriteStream } from 'node:tty';
import type { TerminalSize } from '../../client/exec.ts';
import type { CommandIo } from '../command.ts';

export interface UserTerminal {
  /** Undefined where stdout is no terminal, which has no size then. */
  size(): TerminalSize | undefined;
  onResize(listener: () => void): () => void;
  /** Until it is disposed of, which leaves the terminal as it was. It is also restored when the process ends without that. */
  makeRaw(): Disposable;
}

/** Undefined where stdin is no terminal. */
export function userTerminal({ stdin, stdout }: CommandIo): UserTerminal | undefined {
  if (!(stdin instanceof ReadStream)) return undefined;
  const screen = stdout instanceof WriteStream ? stdout : undefined;
  return {
    size: () => screen && sizeOf(screen),
    onResize(listener) {
      screen?.on('resize', listener);
      return () => screen?.off('resize', listener);
    },
    makeRaw() {
      stdin.setRawMode(true);
      // Node's raw mode still turns line feeds into returns, with which programs that fill the screen draw wrongly.
      spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
      return {
        [Symbol.dispose]() {
          // As it was before, output included.
          stdin.setRawMode(false);
        },
      };
    },
  };
}

function sizeOf({ columns, rows }: WriteStream): TerminalSize | undefined {
  return columns > 0 && rows > 0 ? { columns, rows } : undefined;
}
