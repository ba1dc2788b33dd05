/** Which command the words of a command line name. */
import { KubectlOnly, UsageError } from './command.ts';
import type { CommandRow } from './command-row.ts';
import { globalFlags } from './flags.ts';
import { kubectlCommand } from './kubectl/facts.ts';
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
  if (found !== undefined) return { row: found.row, rest: [...before, ...words.slice(found.count)] };
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
  return words.length > 0 && commands.some(({ name }) => name.startsWith(`${words.join(' ')} `));
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
  const [first = '', second] = words;
  const names = commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
  const family = names.filter((name) => name.startsWith(`${first} `));
  const kubectl = kubectlCommand(words);
  if (family.length > 0) {
    if (kubectl !== undefined && kubectl !== first) return new KubectlOnly(`"${kubectl}" is not here`);
    if (second === undefined) return new UsageError(`"${first}" needs a further word; there is: ${family.join(', ')}`);
    const close = nearest(`${first} ${second}`, family);
    const hint = close === undefined ? `; there is: ${family.join(', ')}` : ` (did you mean "${close}"?)`;
    return new UsageError(`"${first}" has no "${second}"${hint}`);
  }
  if (kubectl !== undefined) return new KubectlOnly(`"${kubectl}" is not here`);
  const close = nearest(first, names);
  return new UsageError(
    `unknown command "${first}"${close === undefined ? '' : ` (did you mean "${close}"?)`}; "fairlead --help" lists what there is`,
  );
}
