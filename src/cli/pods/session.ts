/** A command in a container, at this process's standard streams, in the user's terminal where that was asked for. */
import { finished } from 'node:stream/promises';
import { StatusError } from '../../api/status.ts';
import { CommandCutOff } from '../../client/command-cut-off.ts';
import type { ExecSession } from '../../client/exec.ts';
import type { CommandIo } from '../command.ts';
import { CommandError } from '../command.ts';
import { detachFilter } from './detach-keys.ts';
import { type UserTerminal, userTerminal } from './terminal.ts';

export const sessionFlags = {
  stdin: { type: 'boolean', short: 'i', description: 'give it what comes on standard input' },
  tty: { type: 'boolean', short: 't', description: 'give it a terminal' },
  quiet: { type: 'boolean', short: 'q', description: 'print nothing but what it prints' },
} as const;

export interface SessionOptions {
  io: CommandIo;
  signal: AbortSignal;
  stdin: boolean;
  tty: boolean;
  quiet: boolean;
  /** Opens the streams, once it is clear whether there is a terminal. */
  open(how: { stdin: boolean; tty: boolean; signal: AbortSignal }): Promise<ExecSession>;
  detachKeys?: Buffer;
  /** Whoever is attached to wants to draw its screen anew: it is told another size first. */
  redraw?: boolean;
}

export interface SessionEnd {
  /** 130 where the user or a signal ended it from here. */
  code: number;
  detached: boolean;
  /** Whether it was in the user's terminal. */
  inTerminal: boolean;
}

/** Resolves when all output is told. Throws what `open` does, CommandError where it could not be run or the connection broke. */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  const { io, signal, stdin, quiet } = options;
  const terminal = stdin && options.tty ? userTerminal(io) : undefined;
  if (stdin && options.tty && terminal === undefined && !quiet) {
    io.stderr.write('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  }
  const tty = terminal !== undefined;
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  let detached = false;
  const session = await options.open({ stdin, tty, signal: either });
  using restored = new DisposableStack();
  if (terminal !== undefined) restored.use(holdTerminal(terminal, session, options.redraw === true));
  if (stdin) {
    restored.use(
      passKeys(io, session, tty ? options.detachKeys : undefined, () => {
        detached = true;
        end.abort();
      }),
    );
  } else session.stdin.end();
  try {
    const told = [tell(session.stdout, io.stdout, end), tell(session.stderr, io.stderr, end)];
    const code = await session.exitCode;
    await Promise.all(told);
    return { code, detached: false, inTerminal: tty };
  } catch (error) {
    if (either.aborted) return { code: detached ? 0 : 130, detached, inTerminal: tty };
    if (error instanceof CommandCutOff) {
      throw new CommandError(`${error.message}. Whether it goes on there is not known.`);
    }
    // What the node says of the command: kubectl does not call it an answer of the server, either.
    if (error instanceof StatusError) throw new CommandError(error.message);
    throw error;
  }
}

function holdTerminal(terminal: UserTerminal, session: ExecSession, redraw: boolean): Disposable {
  const raw = terminal.makeRaw();
  const tellSize = (more = 0): void => {
    const size = terminal.size();
    if (size !== undefined) session.resize({ columns: size.columns + more, rows: size.rows + more });
  };
  if (redraw) tellSize(1);
  tellSize();
  const stop = terminal.onResize(() => tellSize());
  return {
    [Symbol.dispose]() {
      stop();
      raw[Symbol.dispose]();
    },
  };
}

/** Until it is disposed of, stdin goes to the session; afterwards it does not keep this process alive. */
function passKeys(
  { stdin }: Pick<CommandIo, 'stdin'>,
  session: ExecSession,
  detachKeys: Buffer | undefined,
  onDetach: () => void,
): Disposable {
  // A command that does not read, or is over.
  session.stdin.on('error', () => {});
  const filter = detachKeys && detachFilter(detachKeys, onDetach);
  if (filter !== undefined) filter.pipe(session.stdin);
  const first = filter ?? session.stdin;
  stdin.pipe(first);
  return {
    [Symbol.dispose]() {
      stdin.unpipe(first);
      stdin.pause();
      if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
    },
  };
}

/** Passes output on. Where nobody reads it any more the session ends. */
async function tell(from: NodeJS.ReadableStream, to: NodeJS.WritableStream, end: AbortController): Promise<void> {
  const onError = (): void => end.abort();
  to.on('error', onError);
  from.pipe(to, { end: false });
  try {
    await finished(from, { writable: false });
  } catch {
    // Why the streams broke off is told by the exit code.
  } finally {
    from.unpipe(to);
    to.removeListener('error', onError);
  }
}
