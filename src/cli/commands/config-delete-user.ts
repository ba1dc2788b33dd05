import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { removeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configDeleteUserCommand = defineCommand({
  usage: 'NAME',
  examples: [{ does: 'One that is gone', line: 'fairlead config delete-user old' }],
  flags: {},
  arguments: { min: 1, max: 1, complete: ['users'] },
  async run({ args: [name = ''], globals, io }) {
    const files = await readConfigFiles(globals, io);
    const { merged, defaultName } = files;
    if (!merged.users.has(name)) throw new CommandError(`cannot delete user ${name}, not in ${defaultName}`);
    await removeEntry(files, 'users', name);
    io.stdout.write(escapeControls(`deleted user ${name} from ${defaultName}\n`));
    return 0;
  },
});
