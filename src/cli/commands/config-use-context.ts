import { CommandError, defineCommand } from '../command.ts';
import { hintInBrackets } from '../hint.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { writeCurrentContext } from '../kubeconfig/write-entry.ts';
import { nearest } from '../nearest.ts';
import { escapeControls } from '../print/escape.ts';

export const configUseContextCommand = defineCommand({
  usage: 'NAME',
  examples: [{ does: 'Go to another cluster', line: 'fairlead config use-context staging' }],
  flags: {},
  arguments: { min: 1, max: 1, complete: ['contexts'] },
  async run({ args: [name = ''], globals, io }) {
    const files = await readConfigFiles(globals, io);
    if (name === '') throw new CommandError('empty context names are not allowed');
    if (!files.merged.contexts.has(name)) {
      const close = nearest(name, [...files.merged.contexts.keys()]);
      throw new CommandError(`no context exists with the name: ${JSON.stringify(name)}${hintInBrackets(close)}`);
    }
    if (files.merged.currentContext !== name) await writeCurrentContext(files, name);
    io.stdout.write(escapeControls(`Switched to context ${JSON.stringify(name)}.\n`));
    return 0;
  },
});
