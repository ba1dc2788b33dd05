/** What a command is. A command is one file in `commands/` that exports one of these, and one row in `commands/table.ts`. */
import type { CompletionSource } from './completion-source.ts';
import type { FlagTable, FlagValues, GlobalFlags } from './flags.ts';

/** The process as a command sees it; tests give their own. */
export interface CommandIo {
  stdin: NodeJS.ReadableStream;
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** The process is this command's alone: it may end it, and set what holds for all of it. */
  ownsProcess?: true;
}

export interface Invocation<F extends FlagTable = FlagTable> {
  args: readonly string[];
  flags: FlagValues<F>;
  globals: GlobalFlags;
  io: CommandIo;
  /** Fires on SIGINT and SIGTERM: finish what is under way and return. */
  signal: AbortSignal;
  /** How many of the arguments stand before `--`; absent where there is none. */
  dashAt?: number | undefined;
}

export interface CliCommand<F extends FlagTable = FlagTable> {
  /** What follows the command's name in its usage line: `[TYPE[/NAME]...]`. */
  usage: string;
  /** Further paragraphs for `--help`. */
  description?: string;
  /** Shell lines, each with what it does. */
  examples: readonly { does: string; line: string }[];
  flags: F;
  /**
   * Least and greatest number of arguments; more or fewer is a usage error. `complete` says where shell completion finds
   * them, in their order; the last one counts for all that follow.
   */
  arguments: { min: number; max: number; complete?: readonly CompletionSource[] };
  /** The global flags that its help tells of, where they are not the usual ones. */
  globals?: readonly (keyof GlobalFlags)[];
  /** Its words are no flags, however they look: they are all arguments. */
  wordsAsTheyAre?: true;
  /** Returns the exit code. Throw `UsageError` (exit 2) or any other error (its message as one sentence, exit 1). */
  run(invocation: Invocation<F>): Promise<number>;
}

/** Keeps the flags' literal types, so that `flags` is typed in `run`. */
export function defineCommand<const F extends FlagTable>(command: CliCommand<F>): CliCommand<F> {
  return command;
}

/** The command line was wrong: exit code 2 and a hint at `--help`. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/**
 * kubectl has what was asked and Fairlead has not: exit code 2, and the kubectl line that does it follows the message,
 * which only says what it is: `-o go-template is not supported here`.
 */
export class KubectlOnly extends UsageError {
  override readonly name = 'KubectlOnly';
}

/** The user can do something about it: the message says what was wrong, where, and the way out. Exit code 1, unless it says another. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  /** `exitCode`: of a program that failed in place of the command. */
  constructor(message: string, { exitCode = 1, ...options }: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
