/** What `--help` prints. */
import type { CliCommand } from './command.ts';
import { type FlagTable, globalFlags } from './flags.ts';

function flagLines(table: FlagTable): string[] {
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

export function commandHelp(name: string, command: CliCommand): string {
  const usage = `fairlead ${name}${command.usage === '' ? '' : ` ${command.usage}`}`;
  const lines = [command.summary, ''];
  if (command.description !== undefined) lines.push(command.description, '');
  lines.push('Examples:');
  for (const { does, line } of command.examples) lines.push(`  # ${does}`, `  ${line}`, '');
  lines.push('Usage:', `  ${usage} [flags]`, '');
  if (Object.keys(command.flags).length > 0) lines.push('Flags:', ...flagLines(command.flags), '');
  const globals = Object.entries(globalFlags).filter(([flag]) => !Object.hasOwn(command.flags, flag));
  lines.push('Global flags:', ...flagLines(Object.fromEntries(globals)), '');
  return lines.join('\n');
}

export function overviewHelp(commands: readonly { name: string; summary: string }[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Fairlead leads you to anything on a Kubernetes cluster; and with no cluster at hand, it is one.',
    '',
    'Begin with:',
    '  fairlead up --demo      # a cluster on this machine, with a sample application',
    '  fairlead proxy          # every service of your current cluster, each under its own name',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'fairlead COMMAND --help tells more, with examples.',
    '',
  ].join('\n');
}
