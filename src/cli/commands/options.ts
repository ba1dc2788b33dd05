import { defineCommand } from '../command.ts';
import { globalFlags } from '../flags.ts';
import { flagLines } from '../help.ts';

export const optionsCommand = defineCommand({
  usage: '',
  examples: [{ does: 'All of them', line: 'fairlead options' }],
  flags: {},
  arguments: { min: 0, max: 0 },
  async run({ io }) {
    io.stdout.write(`Every command takes these flags:\n\n${flagLines(globalFlags).join('\n')}\n`);
    return 0;
  },
});
