import { defineCommand } from '../command.ts';
import { readConfigFiles, sortedEntries } from '../kubeconfig/config-files.ts';
import { escapeControls } from '../print/escape.ts';

export const configGetClustersCommand = defineCommand({
  usage: '',
  examples: [{ does: 'Their names', line: 'fairlead config get-clusters' }],
  flags: {},
  arguments: { min: 0, max: 0 },
  async run({ globals, io }) {
    const { merged } = await readConfigFiles(globals, io);
    const names = sortedEntries(merged.clusters).map(({ name }) => `${name}\n`);
    io.stdout.write(escapeControls(`NAME\n${names.join('')}`));
    return 0;
  },
});
