import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { removeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configDeleteContextCommand = defineCommand({
  usage: 'NAME',
  examples: [{ does: 'One that is gone', line: 'fairlead config delete-context old' }],
  flags: {},
  arguments: { min: 1, max: 1, complete: ['contexts'] },
  async run({ args: [name = ''], globals, io }) {
    const files = await readConfigFiles(globals, io);
    const { merged, defaultName } = files;
    if (!merged.contexts.has(name)) throw new CommandError(`cannot delete context ${name}, not in ${defaultName}`);
    if (merged.currentContext === name) {
      io.stderr.write(
        'warning: this removed your active context, use "fairlead config use-context" to select a different one\n',
      );
    }
    await removeEntry(files, 'contexts', name);
    io.stdout.write(escapeControls(`deleted context ${name} from ${defaultName}\n`));
    return 0;
  },
});
