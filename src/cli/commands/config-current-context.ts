import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { escapeControls } from '../print/escape.ts';

export const configCurrentContextCommand = defineCommand({
  usage: '',
  examples: [{ does: 'Its name', line: 'fairlead config current-context' }],
  flags: {},
  arguments: { min: 0, max: 0 },
  async run({ globals, io }) {
    const { merged } = await readConfigFiles(globals, io);
    if (merged.currentContext === '') throw new CommandError('current-context is not set');
    io.stdout.write(escapeControls(`${merged.currentContext}\n`));
    return 0;
  },
});
