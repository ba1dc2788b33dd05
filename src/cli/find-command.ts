/** Which command the words of a command line name. */
import { KubectlOnly, UsageError } from './command.ts';
import type { CommandRow } from './command-row.ts';
import { globalFlags } from './flags.ts';
import { kubectlCommand, kubectlFirstWords } from './kubectl/facts.ts';
import { nearest } from './nearest.ts';

export type FoundCommand =
  | { row: CommandRow; rest: string[] }
  /** Help is asked for: of everything, or of what these words begin. */
  | { row: undefined; about: string[]; rest: string[] };

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h';

/** The command's words may follow global flags, as kubectl allows. Throws UsageError for words that name none. */
export function findCommand(argv: readonly string[], commands: readonly CommandRow[]): FoundCommand {
  const at = firstWord(argv);
  const words = argv.slice(at);
  const before = argv.slice(0, at);
  if (words[0] === 'help') {
    const about = words.slice(1).filter((word) => !isHelp(word));
    const found = longest(about, commands);
    if (found !== undefined) return helpOf(found.row);
    if (about.length === 0) return { row: undefined, about, rest: before };
    if (isFamily(about, commands)) return { row: undefined, about, rest: before };
    throw unknownCommand(about, commands);
  }
  const found = longest(words, commands);
  if (found !== undefined) {
    // `create -f` is a command, `create deployment` another: a word after it is meant as the second.
    const next = words[found.count];
    if (next !== undefined && !next.startsWith('-') && isFamily(words.slice(0, found.count), commands))
      throw unknownCommand(words, commands);
    return { row: found.row, rest: [...before, ...words.slice(found.count)] };
  }
  const family = words.findIndex((word) => word.startsWith('-'));
  const about = family < 0 ? words : words.slice(0, family);
  const asked = family < 0 ? undefined : words[family];
  if (words.length === 0 || (isHelp(asked) && (about.length === 0 || isFamily(about, commands)))) {
    return { row: undefined, about, rest: [...before, ...words.slice(about.length)] };
  }
  throw unknownCommand(words, commands);
}

function helpOf(row: CommandRow): FoundCommand {
  return { row, rest: ['--help'] };
}

/** The command that the first words name, by its name or an alias, and how many of them do. */
export function longest(
  words: readonly string[],
  commands: readonly CommandRow[],
): { row: CommandRow; count: number } | undefined {
  for (let count = Math.min(words.length, 3); count > 0; count--) {
    const name = words.slice(0, count).join(' ');
    const row = commands.find(({ name: its, aliases = [] }) => its === name || aliases.includes(name));
    if (row !== undefined) return { row, count };
  }
  return undefined;
}

function isFamily(words: readonly string[], commands: readonly CommandRow[]): boolean {
  const begin = `${words.join(' ')} `;
  return (
    words.length > 0 &&
    commands.some(({ name, aliases = [] }) => [name, ...aliases].some((one) => one.startsWith(begin)))
  );
}

/** Where the first word is that is no flag and no flag's value. */
export function firstWord(argv: readonly string[]): number {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-')) return at;
    const spec = word.startsWith('--')
      ? Object.entries(globalFlags).find(([name]) => word === `--${name}`)?.[1]
      : Object.values(globalFlags).find((flag) => 'short' in flag && word === `-${flag.short}`);
    if (spec !== undefined && spec.type !== 'boolean') at++;
  }
  return argv.length;
}

function unknownCommand(words: readonly string[], commands: readonly CommandRow[]): UsageError {
  const [first = ''] = words;
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const names = shown.map(({ name }) => name);
  const kubectl = kubectlCommand(words);
  const about = longestFamily(words, commands);
  if (about.length > 0) {
    const family = about.join(' ');
    if (kubectl !== undefined && kubectl.split(' ').length > about.length)
      return new KubectlOnly(`"${kubectl}" is not here`);
    const members = (withAliases: boolean): string[] =>
      shown
        .flatMap(({ name, aliases = [] }) => (withAliases ? [name, ...aliases] : [name]))
        .filter((name) => name.startsWith(`${family} `));
    const own = members(false);
    const there = (own.length > 0 ? own : members(true)).join(', ');
    const next = words[about.length];
    if (next === undefined || next.startsWith('-'))
      return new UsageError(`"${family}" needs a further word; there is: ${there}`);
    const ends = members(true).map((name) => name.slice(family.length + 1));
    const near = nearest(next, ends) ?? ends.find((end) => end.startsWith(next));
    const close = near === undefined ? undefined : `${family} ${near}`;
    const hint = close === undefined ? `; there is: ${there}` : ` (did you mean "${close}"?)`;
    return new UsageError(`"${family}" has no "${next}"${hint}`);
  }
  if (kubectl !== undefined) return new KubectlOnly(`"${kubectl}" is not here`);
  const close = nearest(first, names);
  const elsewhere = close === undefined ? nearest(first, kubectlFirstWords()) : undefined;
  const hint =
    close !== undefined
      ? ` (did you mean "${close}"?)`
      : elsewhere !== undefined
        ? ` (did you mean "${elsewhere}"? Only kubectl has it)`
        : '';
  return new UsageError(`unknown command "${first}"${hint}; "fairlead --help" lists what there is`);
}

/** The words at the beginning that several commands have in common. */
function longestFamily(words: readonly string[], commands: readonly CommandRow[]): readonly string[] {
  for (let count = Math.min(words.length, 2); count > 0; count--) {
    const about = words.slice(0, count);
    if (isFamily(about, commands)) return about;
  }
  return [];
}
