/** What `--help` prints. */
import type { CliCommand } from './command.ts';
import type { CommandGroup, CommandRow } from './command-row.ts';
import type { CommandFamily } from './commands/families.ts';
import { type FlagTable, globalFlags } from './flags.ts';

const headings: readonly (readonly [CommandGroup, string])[] = [
  ['machine', 'A cluster on this machine'],
  ['reach', 'Reach what runs in a cluster'],
  ['objects', 'See and change objects'],
  ['pods', 'Into pods'],
  ['kubeconfig', 'Clusters, users and rights'],
  ['about', 'What there is'],
];

const usualGlobals = ['context', 'kubeconfig', 'namespace'] as const;

export function flagLines(table: FlagTable): string[] {
  const rows = Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]) => {
      const short = spec.short === undefined || spec.short === name ? '    ' : `-${spec.short}, `;
      const long = name.length === 1 ? `-${name}` : `--${name}`;
      const value = spec.type === 'boolean' ? '' : ` ${spec.value ?? 'VALUE'}`;
      const choices = spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`;
      return { left: `  ${short}${long}${value}`, right: `${spec.description}${choices}` };
    });
  const width = Math.max(0, ...rows.map((row) => row.left.length));
  return rows.map((row) => `${row.left.padEnd(width)}  ${row.right}`);
}

export function commandHelp({ name, summary }: CommandRow, command: CliCommand): string {
  const usage = `fairlead ${name}${command.usage === '' ? '' : ` ${command.usage}`}`;
  const lines = [summary, ''];
  if (command.description !== undefined) lines.push(command.description, '');
  lines.push(...exampleLines(command.examples));
  lines.push('Usage:', `  ${usage} [flags]`, '');
  if (Object.keys(command.flags).length > 0) lines.push('Flags:', ...flagLines(command.flags), '');
  const often = (command.globals ?? usualGlobals).filter((flag) => !Object.hasOwn(command.flags, flag));
  lines.push('Global flags ("fairlead options" lists all):');
  lines.push(...flagLines(Object.fromEntries(often.map((flag) => [flag, globalFlags[flag]]))), '');
  return lines.join('\n');
}

function exampleLines(examples: CliCommand['examples']): string[] {
  return ['Examples:', ...examples.flatMap(({ does, line }) => [`  # ${does}`, `  ${line}`, ''])];
}

export type CommandEntry = Pick<CommandRow, 'name' | 'group' | 'summary'>;

/** `families` says of commands that have a first word in common what that word is about: they are one line. */
export function overviewHelp(
  commands: readonly CommandEntry[],
  families: Readonly<Record<string, CommandFamily>>,
): string {
  const entries: CommandEntry[] = [];
  for (const { name, group, summary } of commands) {
    const [first = ''] = name.split(' ');
    const family = Object.hasOwn(families, first) ? families[first]?.about : undefined;
    if (family === undefined) entries.push({ name, group, summary });
    else if (!entries.some((entry) => entry.name === first)) entries.push({ name: first, group, summary: family });
  }
  const width = Math.max(...entries.map(({ name }) => name.length));
  const sections = headings.flatMap(([group, heading]) => {
    const listed = entries.filter((entry) => entry.group === group);
    if (listed.length === 0) return [];
    return [`${heading}:`, ...listed.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`), ''];
  });
  return [
    'Fairlead leads you to anything on a Kubernetes cluster; and with no cluster at hand, it is one.',
    '',
    'Begin with these two, on any cluster of your kubeconfig (or start one: "fairlead up --demo --detach"):',
    '  fairlead ls              # every service of your current cluster, how to reach it, and whether it is well',
    '  fairlead open SERVICE    # one of them in the browser, under a name of its own; what is wrong, if it is not well',
    '',
    ...sections,
    '"fairlead COMMAND --help" tells more, with examples. "fairlead options" lists the flags of all commands.',
    '',
  ].join('\n');
}

/** The commands of one first word. */
export function familyHelp(
  first: string,
  family: CommandFamily | undefined,
  commands: readonly CommandEntry[],
): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    ...(family === undefined ? [] : [family.about, '', ...exampleLines(family.examples)]),
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    `"fairlead ${first} COMMAND --help" tells more, with examples.`,
    '',
  ].join('\n');
}
