/** From the words of the command line to an exit code. */

import { StatusError } from '../api/status.ts';
import type { CliCommand, CommandIo } from './command.ts';
import { CommandError, UsageError } from './command.ts';
import type { CommandRow } from './commands/table.ts';
import type { GlobalFlags } from './flags.ts';
import { globalFlags } from './flags.ts';
import { commandHelp, overviewHelp } from './help.ts';
import { nearest } from './nearest.ts';
import { parseFlags } from './parse-flags.ts';
import { escapeControls } from './print/escape.ts';
import { statusLine } from './print/status-line.ts';

const helpFlag = { help: { type: 'boolean', short: 'h', description: 'show help' } } as const;

/** Runs one command. Exit codes: 0 done, 1 it failed, 2 the command line was wrong. */
export async function runCli(
  argv: readonly string[],
  { commands, io, signal }: { commands: readonly CommandRow[]; io: CommandIo; signal: AbortSignal },
): Promise<number> {
  let name = '';
  try {
    const { row, rest } = findCommand(argv, commands);
    if (row === undefined) return await showOverview(rest, commands, io);
    name = row.name;
    const command = await row.load();
    const table = { ...globalFlags, ...command.flags, ...helpFlag };
    const { args, flags } = parseFlags(rest, table);
    if (flags.help === true) {
      io.stdout.write(commandHelp(name, command));
      return 0;
    }
    checkArgumentCount(name, command, args);
    return await command.run({ args, flags, globals: globalsOf(flags, command), io, signal });
  } catch (error) {
    return report(error, name, io);
  }
}

/** A command that gives a global flag's name another meaning reads it from its own flags. */
function globalsOf(flags: GlobalFlags, command: CliCommand): GlobalFlags {
  const own = Object.keys(command.flags).map((name): [string, undefined] => [name, undefined]);
  return { ...flags, ...Object.fromEntries(own) };
}

/** The command's words may follow global flags, as kubectl allows. */
function findCommand(
  argv: readonly string[],
  commands: readonly CommandRow[],
): { row: CommandRow | undefined; rest: string[] } {
  const { at } = firstWord(argv);
  const first = argv[at];
  if (first === undefined) return { row: undefined, rest: [...argv] };
  const second = argv[at + 1];
  const row =
    commands.find((candidate) => second !== undefined && candidate.name === `${first} ${second}`) ??
    commands.find((candidate) => candidate.name === first);
  if (row !== undefined) {
    return { row, rest: [...argv.slice(0, at), ...argv.slice(at + row.name.split(' ').length)] };
  }
  if (first === 'help') return { row: undefined, rest: argv.slice(at + 1) };
  const isGroup = commands.some(({ name }) => name.startsWith(`${first} `));
  if (isGroup && (second === '--help' || second === '-h')) return { row: undefined, rest: argv.slice(at + 1) };
  throw unknownCommand(first, second, commands);
}

function firstWord(argv: readonly string[]): { at: number } {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-')) return { at };
    const spec = word.startsWith('--')
      ? Object.entries(globalFlags).find(([name]) => word === `--${name}`)?.[1]
      : Object.values(globalFlags).find((flag) => 'short' in flag && word === `-${flag.short}`);
    if (spec !== undefined && spec.type !== 'boolean') at++;
  }
  return { at: argv.length };
}

function unknownCommand(first: string, second: string | undefined, commands: readonly CommandRow[]): UsageError {
  const group = commands.filter((row) => row.name.startsWith(`${first} `)).map((row) => row.name);
  if (group.length > 0) {
    const what = second === undefined ? 'needs a further word' : `has no "${second}"`;
    return new UsageError(`"${first}" ${what}; there is: ${group.join(', ')}`);
  }
  const close = nearest(
    first,
    commands.map((row) => row.name),
  );
  return new UsageError(
    `unknown command "${first}"${close === undefined ? '' : ` (did you mean "${close}"?)`}; for what is not here use kubectl, which works with every Fairlead cluster`,
  );
}

async function showOverview(rest: readonly string[], commands: readonly CommandRow[], io: CommandIo): Promise<number> {
  const { args } = parseFlags(rest, { ...globalFlags, ...helpFlag });
  if (args.length > 0) {
    const row = commands.find(({ name }) => name === args.join(' '));
    if (row === undefined) throw unknownCommand(args[0] ?? '', args[1], commands);
    io.stdout.write(commandHelp(row.name, await row.load()));
    return 0;
  }
  const loaded = await Promise.all(
    commands.map(async (row) => ({ name: row.name, summary: (await row.load()).summary })),
  );
  io.stdout.write(overviewHelp(loaded));
  return 0;
}

function checkArgumentCount(name: string, command: CliCommand, args: readonly string[]): void {
  const { min, max } = command.arguments;
  if (args.length >= min && args.length <= max) return;
  const unexpected = args[max];
  if (unexpected !== undefined) throw new UsageError(`unexpected argument "${unexpected}"`);
  throw new UsageError(`"fairlead ${name}" needs ${command.usage}`);
}

function report(error: unknown, name: string, io: CommandIo): number {
  if (error instanceof UsageError) {
    io.stderr.write(
      `error: ${escapeControls(error.message)}\nSee 'fairlead${name === '' ? '' : ` ${name}`} --help'.\n`,
    );
    return 2;
  }
  if (error instanceof StatusError) {
    io.stderr.write(`${statusLine(error)}\n`);
    return 1;
  }
  const message = error instanceof Error ? error.message : String(error);
  io.stderr.write(`error: ${escapeControls(message)}\n`);
  if (io.env.FAIRLEAD_DEBUG === '1' && error instanceof Error && !(error instanceof CommandError)) {
    io.stderr.write(`${error.stack ?? ''}\n`);
  }
  return 1;
}
