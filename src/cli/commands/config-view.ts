import type { KubeconfigEntry } from '../../client/kubeconfig-entry.ts';
import type { Kubeconfig } from '../../client/kubeconfig-file.ts';
import { kubeconfigPaths, readKubeconfig } from '../../client/kubeconfig-file.ts';
import { CommandError, defineCommand } from '../command.ts';
import { redactEntry } from '../kubeconfig/redact.ts';
import { formatStructured } from '../print/structured.ts';

export const configViewCommand = defineCommand({
  usage: '',
  summary: 'Show the kubeconfig as it is used, without its secrets',
  description: 'Shows what the files of --kubeconfig, $KUBECONFIG or ~/.kube/config say together.',
  examples: [
    { does: 'All of it', line: 'fairlead config view' },
    { does: 'Only what the current context uses', line: 'fairlead config view --minify' },
    {
      does: 'One context with its secrets, to give to a program',
      line: 'fairlead config view --minify --raw --context fairlead',
    },
  ],
  flags: {
    raw: { type: 'boolean', description: 'show certificates, keys and tokens too' },
    minify: { type: 'boolean', description: 'only what the current context (or --context) uses' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json', 'yaml'],
      description: 'yaml (default) or json',
    },
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io }) {
    const { paths, required } = kubeconfigPaths(globals.kubeconfig, io.env);
    const read = await readKubeconfig(paths, required);
    const config = flags.minify === true ? minify(read, globals.context) : read;
    const show = (entry: KubeconfigEntry) => (flags.raw === true ? entry.fields : redactEntry(entry.fields));
    const view = {
      apiVersion: 'v1',
      clusters: listOf(config.clusters, (entry) => ({ cluster: show(entry) })),
      contexts: listOf(config.contexts, (entry) => ({ context: entry.fields })),
      'current-context': config.currentContext,
      kind: 'Config',
      users: listOf(config.users, (entry) => ({ user: show(entry) })),
    };
    io.stdout.write(await formatStructured(view, flags.output === 'json' ? 'json' : 'yaml', io.stdout));
    return 0;
  },
});

function listOf<T extends object>(
  entries: ReadonlyMap<string, KubeconfigEntry>,
  make: (entry: KubeconfigEntry) => T,
): ({ name: string } & T)[] | null {
  const sorted = [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.length === 0 ? null : sorted.map((entry) => ({ name: entry.name, ...make(entry) }));
}

function minify(config: Kubeconfig, chosen: string | undefined): Kubeconfig {
  const name = chosen ?? config.currentContext;
  if (name === '') throw new CommandError('there is no current context to reduce to: choose one with --context');
  const context = config.contexts.get(name);
  if (context === undefined) {
    const known = [...config.contexts.keys()].join(', ');
    throw new CommandError(`there is no context "${name}"${known === '' ? '' : `; there are: ${known}`}`);
  }
  const only = (map: ReadonlyMap<string, KubeconfigEntry>, wanted: unknown) =>
    new Map([...map].filter(([entry]) => entry === wanted));
  return {
    files: config.files,
    currentContext: name,
    contexts: new Map([[name, context]]),
    clusters: only(config.clusters, context.fields.cluster),
    users: only(config.users, context.fields.user),
  };
}
