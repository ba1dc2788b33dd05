import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { removeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configDeleteClusterCommand = defineCommand({
  usage: 'NAME',
  examples: [{ does: 'One that is gone', line: 'fairlead config delete-cluster old' }],
  flags: {},
  arguments: { min: 1, max: 1, complete: ['clusters'] },
  async run({ args: [name = ''], globals, io }) {
    const files = await readConfigFiles(globals, io);
    const { merged, defaultName } = files;
    if (!merged.clusters.has(name)) throw new CommandError(`cannot delete cluster ${name}, not in ${defaultName}`);
    await removeEntry(files, 'clusters', name);
    io.stdout.write(escapeControls(`deleted cluster ${name} from ${defaultName}\n`));
    return 0;
  },
});
