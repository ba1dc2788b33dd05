/** Shell completion: from the words of an unfinished command line to what may stand under the cursor. */
import type { CommandIo } from '../command.ts';
import type { CommandRow } from '../command-row.ts';
import { commandFamilies } from '../commands/families.ts';
import type { CompletionSource } from '../completion-source.ts';
import { firstWord, longest } from '../find-command.ts';
import { type FlagTable, globalFlags } from '../flags.ts';
import { parseFlags } from '../parse-flags.ts';
import type { Candidate, Completions } from './candidate.ts';
import { parseWords } from './parse-words.ts';

const helpFlag: FlagTable = { help: { type: 'boolean', short: 'h', description: 'show help' } };

/** The last word is the one under the cursor. What is not found out before the signal fires is not offered. */
export async function complete(
  words: readonly string[],
  { commands, io, signal }: { commands: readonly CommandRow[]; io: CommandIo; signal: AbortSignal },
): Promise<Completions> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const at = firstWord(before);
  const named = before.slice(at);
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const row = longest(named, shown)?.row;
  if (row === undefined) return await beginning(before.slice(0, at), named, current, { shown, io, signal });
  const command = await row.load();
  const rest = [...before.slice(0, at), ...named.slice(row.name.split(' ').length)];
  const further = shown.some(({ name }) => name.startsWith(`${row.name} `)) && rest.length === at;
  // Its own flags are offered first, and count where a global one has the same name.
  const table = { ...command.flags, ...helpFlag, ...globalFlags, ...command.flags };
  const found = await inCommand(rest, current, { table, command: command.arguments, io, signal });
  if (!further || current.startsWith('-')) return found;
  return { ...found, candidates: [...found.candidates, ...nextWords(named, current, shown)] };
}

/** No command is named yet: its words, or global flags. */
async function beginning(
  flagWords: readonly string[],
  named: readonly string[],
  current: string,
  { shown, io, signal }: { shown: readonly CommandRow[]; io: CommandIo; signal: AbortSignal },
): Promise<Completions> {
  const table = { ...globalFlags, ...helpFlag };
  const { cursor } = parseWords(flagWords, current, table);
  if (named.length === 0 && cursor.at !== 'argument') {
    return await inCommand(flagWords, current, { table, command: { complete: ['nothing'] }, io, signal });
  }
  const about = named[0] === 'help' ? named.slice(1) : named;
  return { candidates: nextWords(about, current, shown) };
}

/** The words by which commands go on that begin with these. */
function nextWords(named: readonly string[], current: string, commands: readonly CommandRow[]): Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const { name, summary } of commands) {
    const parts = name.split(' ');
    const next = parts[named.length];
    if (next === undefined || !next.startsWith(current) || named.some((word, index) => word !== parts[index])) continue;
    if (candidates.has(next)) continue;
    const family = named.length === 0 && parts.length > 1 ? commandFamilies[next]?.about : undefined;
    candidates.set(next, { value: next, description: family ?? summary });
  }
  return [...candidates.values()];
}

async function inCommand(
  words: readonly string[],
  current: string,
  {
    table,
    command,
    io,
    signal,
  }: {
    table: FlagTable;
    command: { max?: number; complete?: readonly CompletionSource[] };
    io: CommandIo;
    signal: AbortSignal;
  },
): Promise<Completions> {
  const { args, flagWords, cursor } = parseWords(words, current, table);
  if (cursor.at === 'flag name') return { candidates: flagNames(table, flagWords, current) };
  // Only now: names of flags and commands need no cluster.
  const { liveCompletions } = await import('./live-names.ts');
  const globals = readGlobals(flagWords, table);
  const context = { args, globals, io, signal };
  if (cursor.at === 'flag value') {
    const { spec, prefix } = cursor;
    const known = spec.choices ?? spec.suggest ?? (spec.type === 'boolean' ? ['true', 'false'] : undefined);
    const text = current.slice(prefix.length);
    const { candidates, paths } =
      known === undefined
        ? await liveCompletions(spec.complete ?? 'nothing', text, { ...context, args: [], podArgument: args[0] })
        : { candidates: known.filter((value) => value.startsWith(text)).map((value) => ({ value })) };
    const whole = candidates.map((candidate) => ({ ...candidate, value: `${prefix}${candidate.value}` }));
    return { candidates: whole, ...(paths !== undefined && { paths }) };
  }
  const { max = 0, complete: sources = [] } = command;
  if (cursor.index >= max) return { candidates: [] };
  const source = sources[Math.min(cursor.index, sources.length - 1)] ?? 'nothing';
  return await liveCompletions(source, current, { ...context, podArgument: args[0] });
}

function flagNames(table: FlagTable, given: readonly string[], current: string): Candidate[] {
  return Object.entries(table).flatMap(([name, { description, short, type }]) => {
    const long = name.length === 1 ? `-${name}` : `--${name}`;
    const used = type !== 'list' && given.some((word) => word === long || word.startsWith(`${long}=`));
    if (used) return [];
    const spelled = current === '-' && short !== undefined && short !== name ? [`-${short}`, long] : [long];
    return spelled.filter((value) => value.startsWith(current)).map((value) => ({ value, description }));
  });
}

/** Of what cannot be read nothing counts. */
function readGlobals(flagWords: readonly string[], table: FlagTable) {
  try {
    return parseFlags(flagWords, { ...table, ...globalFlags }).flags;
  } catch {
    return parseFlags([], globalFlags).flags;
  }
}
