import type { KubeconfigEntry } from '../../client/kubeconfig-entry.ts';
import { defineCommand } from '../command.ts';
import { readConfigFiles, sortedEntries } from '../kubeconfig/config-files.ts';
import { escapeControls } from '../print/escape.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';

export const configGetContextsCommand = defineCommand({
  usage: '[NAME...]',
  examples: [
    { does: 'All of them, the current one with a star', line: 'fairlead config get-contexts' },
    { does: 'Their names', line: 'fairlead config get-contexts -o name' },
  ],
  flags: {
    output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['', 'name'], description: 'names alone' },
    'no-headers': { type: 'boolean', description: 'leave the headings out' },
  },
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['contexts'] },
  async run({ args, flags, globals, io }) {
    const { merged } = await readConfigFiles(globals, io);
    const missing = args.filter((name) => !merged.contexts.has(name));
    const shown = sortedEntries(merged.contexts).filter(({ name }) => args.length === 0 || args.includes(name));
    if (flags.output === 'name') {
      io.stdout.write(escapeControls(shown.map(({ name }) => `${name}\n`).join('')));
    } else {
      const rows = shown.map((entry) => rowOf(entry, merged.currentContext));
      const headings = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
      io.stdout.write(new TableLayout().lines(flags['no-headers'] === true ? rows : [headings, ...rows]));
    }
    for (const name of missing) io.stderr.write(escapeControls(`error: context ${name} not found\n`));
    return missing.length === 0 ? 0 : 1;
  },
});

function rowOf({ name, fields: { cluster, user, namespace } }: KubeconfigEntry, current: string): string[] {
  return [name === current ? '*' : ' ', name, cluster, user, namespace].map(cellText);
}
