/** A process that was started, whether it has pipes or a terminal. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { getSystemErrorMessage } from 'node:util';
import type { TerminalSize } from '../terminal/size.ts';
import { StartFailure } from './runtime.ts';

export interface StartedProcess {
  /** It leads a process group, and a session. */
  readonly pid: number;
  /** Null: its input is empty. */
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  /** Null in a terminal, where all output is one. */
  readonly stderr: Readable | null;
  /** 128 and the signal's number where a signal ended it. */
  readonly exited: Promise<{ exitCode: number; signal?: number }>;
  /** To this process alone; nothing happens once it is gone. */
  kill(signal: NodeJS.Signals): void;
  /** Undefined where there is no terminal. */
  readonly terminal?: {
    resize(size: TerminalSize): void;
    /** Whoever sat in front of it has left: the processes in it get SIGHUP, and no more is heard of them. */
    hangUp(): void;
  };
}

export interface ProcessLaunch {
  argv: readonly string[];
  /** The whole environment. */
  environment: Readonly<Record<string, string>>;
  workingDirectory: string;
}

/** Resolves when the program runs, with a pipe for each output. Throws `StartFailure`. */
export async function startPiped(
  { argv, environment, workingDirectory }: ProcessLaunch,
  stdin: 'pipe' | 'ignore',
): Promise<StartedProcess> {
  const [program = '', ...args] = argv;
  let child: ChildProcess;
  try {
    const options = { cwd: workingDirectory, env: environment, detached: true } as const;
    child = spawn(program, args, { ...options, stdio: [stdin, 'pipe', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } catch (error) {
    throw new StartFailure(startErrorText(program, workingDirectory, error as NodeJS.ErrnoException), { cause: error });
  }
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new StartFailure(`exec: ${JSON.stringify(program)}: not started`);
  child.on('error', () => {});
  // A process that does not read its input, or is gone, is no failure of who writes to it.
  child.stdin?.on('error', () => {});
  return {
    pid,
    stdin: child.stdin,
    stdout,
    stderr: child.stderr,
    exited: new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (signal === null) resolve({ exitCode: code ?? 0 });
        else resolve({ exitCode: 128 + constants.signals[signal], signal: constants.signals[signal] });
      });
    }),
    kill: (signal) => child.kill(signal),
  };
}

export function startErrorText(
  program: string,
  cwd: string,
  error: { code?: string; errno?: number; message: string },
): string {
  const what = JSON.stringify(program);
  if (error.code === 'ENOENT' || program === '') {
    return program.includes('/')
      ? `exec: ${what}: no such file, or the working directory ${cwd} does not exist`
      : `exec: ${what}: executable file not found in $PATH`;
  }
  if (error.code === 'EACCES') return `exec: ${what}: permission denied`;
  // An argument that holds a zero byte the runtime itself refuses.
  if (error.code === 'ERR_INVALID_ARG_VALUE') return `exec: ${what}: invalid argument`;
  return `exec: ${what}: ${error.errno === undefined ? error.message : getSystemErrorMessage(error.errno)}`;
}
