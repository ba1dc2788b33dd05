import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { writeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configSetContextCommand = defineCommand({
  usage: '[NAME | --current]',
  examples: [
    { does: 'Work in another namespace from now on', line: 'fairlead config set-context --current --namespace=shop' },
    { does: 'A context of a cluster and a user', line: 'fairlead config set-context dev --cluster=dev --user=me' },
  ],
  flags: {
    current: { type: 'boolean', description: 'change the current context' },
    cluster: { type: 'string', value: 'NAME', description: 'cluster of the context', complete: 'clusters' },
    user: { type: 'string', value: 'NAME', description: 'user of the context', complete: 'users' },
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      description: 'namespace where none is given',
      complete: 'namespaces',
    },
  },
  arguments: { min: 0, max: 1, complete: ['contexts'] },
  async run({ args: [given = ''], flags, globals, io }) {
    const current = flags.current === true;
    if (given === '' && !current) throw new CommandError('you must specify a non-empty context name or --current');
    if (given !== '' && current) throw new CommandError('you cannot specify both a context name and --current');
    const files = await readConfigFiles(globals, io);
    const name = current ? files.merged.currentContext : given;
    if (name === '') throw new CommandError('no current context is set');
    const existed = await writeEntry(files, 'contexts', name, (fields) => ({
      ...fields,
      ...(flags.cluster !== undefined && { cluster: flags.cluster }),
      ...(flags.namespace !== undefined && { namespace: flags.namespace }),
      ...(flags.user !== undefined && { user: flags.user }),
    }));
    io.stdout.write(escapeControls(`Context ${JSON.stringify(name)} ${existed ? 'modified' : 'created'}.\n`));
    return 0;
  },
});
