/** From the words of the command line to an exit code. */
import type { CliCommand, CommandIo } from './command.ts';
import { UsageError } from './command.ts';
import type { CommandRow } from './command-row.ts';
import { commandFamilies } from './commands/families.ts';
import { findCommand } from './find-command.ts';
import { type GlobalFlags, globalFlags } from './flags.ts';
import { interrupted } from './interrupted.ts';
import { parseFlags } from './parse-flags.ts';
import { stoppedCode } from './stop-signal.ts';

const helpFlag = { help: { type: 'boolean', short: 'h', description: 'show help' } } as const;

const noGlobals: GlobalFlags = parseFlags([], globalFlags).flags;

/** Runs one command. Exit codes: 0 done, 1 it failed, 2 the command line was wrong, 130 Ctrl-C stopped it, 143 SIGTERM did. */
export async function runCli(
  argv: readonly string[],
  { commands, io, signal }: { commands: readonly CommandRow[]; io: CommandIo; signal: AbortSignal },
): Promise<number> {
  let name = '';
  try {
    const found = findCommand(argv, commands);
    if (found.row === undefined) return await showOverview(found, commands, io);
    name = found.row.name;
    const command = await found.row.load();
    if (command.wordsAsTheyAre === true) {
      return await command.run({ args: found.rest, flags: {}, globals: noGlobals, io, signal });
    }
    const table = { ...globalFlags, ...command.flags, ...helpFlag };
    const { args, flags, dashAt } = parseFlags(found.rest, table);
    if (flags.help === true) {
      const { commandHelp } = await import('./help.ts');
      io.stdout.write(commandHelp(found.row, command));
      return 0;
    }
    checkArgumentCount(name, command, args);
    const code = await command.run({ args, flags, globals: globalsOf(flags, command), io, signal, dashAt });
    return code === interrupted && signal.aborted ? stoppedCode(signal) : code;
  } catch (error) {
    const codes: number[] = [];
    for (const cause of causesOf(error)) {
      // Whoever stopped it knows.
      if (signal.aborted && isAbort(cause, signal)) codes.push(stoppedCode(signal));
      else {
        const { reportError } = await import('./report-error.ts');
        codes.push(reportError(cause, { argv, command: name, io }));
      }
    }
    return codes[0] ?? 1;
  }
}

/** In the order in which they came: what fails while it is cleaned up wraps what had failed before. */
function causesOf(error: unknown): unknown[] {
  return error instanceof SuppressedError ? [...causesOf(error.suppressed), ...causesOf(error.error)] : [error];
}

/** True for what the signal itself made end. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

/** A command that gives a global flag's name another meaning reads it from its own flags. */
function globalsOf(flags: GlobalFlags, command: CliCommand): GlobalFlags {
  const own = Object.keys(command.flags).map((name): [string, undefined] => [name, undefined]);
  return { ...flags, ...Object.fromEntries(own) };
}

async function showOverview(
  { about, rest }: { about: readonly string[]; rest: readonly string[] },
  commands: readonly CommandRow[],
  io: CommandIo,
): Promise<number> {
  parseFlags(rest, { ...globalFlags, ...helpFlag });
  const { familyHelp, overviewHelp } = await import('./help.ts');
  const first = about.join(' ');
  const rows = commands.filter(({ name, hidden }) => hidden !== true && (first === '' || name.startsWith(`${first} `)));
  io.stdout.write(first === '' ? overviewHelp(rows, commandFamilies) : familyHelp(first, commandFamilies[first], rows));
  return 0;
}

function checkArgumentCount(name: string, command: CliCommand, args: readonly string[]): void {
  const { min, max } = command.arguments;
  if (args.length >= min && args.length <= max) return;
  const unexpected = args[max];
  if (unexpected !== undefined) throw new UsageError(`unexpected argument "${unexpected}"`);
  throw new UsageError(`"fairlead ${name}" needs ${command.usage}`);
}
