import { CommandError, defineCommand } from '../command.ts';
import { fileOf, readConfigFiles } from '../kubeconfig/config-files.ts';
import { editKubeconfig } from '../kubeconfig/edit-file.ts';
import { writeCurrentContext } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configRenameContextCommand = defineCommand({
  usage: 'NAME NEW_NAME',
  examples: [{ does: 'A shorter one', line: 'fairlead config rename-context arn:aws:eks:eu-1:1:cluster/shop shop' }],
  flags: {},
  arguments: { min: 2, max: 2, complete: ['contexts', 'nothing'] },
  async run({ args: [name = '', newName = ''], globals, io }) {
    const files = await readConfigFiles(globals, io);
    const { merged, defaultName } = files;
    if (newName === '') throw new CommandError('You must specify a new non-empty context name');
    const what = `cannot rename the context ${JSON.stringify(name)}`;
    if (!merged.contexts.has(name)) throw new CommandError(`${what}, it's not in ${defaultName}`);
    if (merged.contexts.has(newName)) {
      throw new CommandError(`${what}, the context ${JSON.stringify(newName)} already exists in ${defaultName}`);
    }
    await editKubeconfig(fileOf(files, 'contexts', name), undefined, (config) => {
      config.setText('contexts', name, ['name'], newName);
      return {};
    });
    if (merged.currentContext === name) await writeCurrentContext(files, newName);
    io.stdout.write(escapeControls(`Context ${JSON.stringify(name)} renamed to ${JSON.stringify(newName)}.\n`));
    return 0;
  },
});
