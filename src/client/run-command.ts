/** Runs a command for what it writes to its standard output: no shell, bounded in time and size. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

export interface CommandRun {
  /** An absolute path. */
  file: string;
  args: readonly string[];
  /** The whole environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** It may ask on this process's standard input; else it has none. */
  interactive: boolean;
  limitMs: number;
  maxOutputBytes: number;
  signal: AbortSignal;
}

/** How it ended, where that was not by success; the text is a clause: "it ended with exit code 1". */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** From being asked to stop to being stopped. */
const patienceMs = 2000;
/** For output that comes after its end, from children that it left behind. */
const lingerMs = 1000;

/**
 * An absolute path is taken as it is, a name looked for in the absolute directories of PATH: never in the current one.
 * Undefined where there is no such program.
 */
export async function findCommand(command: string, path: string | undefined): Promise<string | undefined> {
  for (const file of candidates(command, path)) {
    try {
      await access(file, constants.X_OK);
      if ((await stat(file)).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** Where `findCommand` finds nothing: the first file of that name that is there, which this user may not run. */
export async function findForbidden(command: string, path: string | undefined): Promise<string | undefined> {
  for (const file of candidates(command, path)) {
    try {
      if ((await stat(file)).isFile()) return file;
    } catch (error) {
      // A name alone is looked for in folders of which some are nobody's business.
      if (isAbsolute(command) && error instanceof Error && 'code' in error && error.code === 'EACCES') return file;
    }
  }
  return undefined;
}

function candidates(command: string, path: string | undefined): string[] {
  if (isAbsolute(command)) return [command];
  return (path ?? '')
    .split(delimiter)
    .flatMap((directory) => (isAbsolute(directory) ? [join(directory, command)] : []));
}

/** Resolves to its output after exit code 0. Rejects with CommandFailure, or the signal's reason; it has ended then. */
export async function runCommand(run: CommandRun): Promise<string> {
  run.signal.throwIfAborted();
  const child = spawn(run.file, run.args, {
    env: run.env,
    shell: false,
    // What it has to say to the user it says on stderr.
    stdio: [run.interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
  });
  const timers: NodeJS.Timeout[] = [];
  let stopped: { reason: unknown } | undefined;
  const stop = (reason: unknown) => {
    if (stopped !== undefined) return;
    stopped = { reason };
    child.kill('SIGTERM');
    timers.push(setTimeout(() => child.kill('SIGKILL'), patienceMs));
  };
  const onAbort = () => stop(run.signal.reason);
  run.signal.addEventListener('abort', onAbort, { once: true });
  const limit = `it was stopped after ${run.limitMs / 1000} seconds without an end`;
  timers.push(setTimeout(() => stop(new CommandFailure(limit)), run.limitMs));

  const chunks: Buffer[] = [];
  let length = 0;
  const { stdout } = child;
  stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= run.maxOutputBytes) chunks.push(chunk);
    else stop(new CommandFailure(`it wrote more than ${run.maxOutputBytes} bytes`));
  });
  try {
    const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', (error) => {
        if (child.pid === undefined) reject(new CommandFailure(`it cannot be started (${reasonOf(error)})`));
      });
      child.once('exit', () => timers.push(setTimeout(() => stdout.destroy(), lingerMs)));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    if (stopped !== undefined) throw stopped.reason;
    if (signal !== null) throw new CommandFailure(`it was ended by ${signal}`);
    if (code !== 0) throw new CommandFailure(`it ended with exit code ${code}`);
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    run.signal.removeEventListener('abort', onAbort);
    for (const timer of timers) clearTimeout(timer);
  }
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EACCES') return 'permission denied';
  if (code === 'ENOENT') return 'the program that its first line names does not exist';
  return typeof code === 'string' ? code : error.message;
}
