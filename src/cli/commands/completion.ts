import { defineCommand, UsageError } from '../command.ts';
import { completionScripts } from '../completion/scripts.ts';
import { hintInBrackets } from '../hint.ts';
import { nearest } from '../nearest.ts';

export const completionCommand = defineCommand({
  usage: 'bash|zsh|fish',
  description:
    'Names are asked of the cluster at hand while you type: nothing is offered of one that does not answer in two seconds,\n' +
    'and a credential command of a kubeconfig that was never shown does not run for it.',
  examples: [
    { does: 'In this bash, and in those to come', line: 'source <(fairlead completion bash)   # in ~/.bashrc' },
    { does: 'In zsh, after compinit', line: 'source <(fairlead completion zsh)    # in ~/.zshrc' },
    { does: 'In fish', line: 'fairlead completion fish > ~/.config/fish/completions/fairlead.fish' },
  ],
  flags: {},
  arguments: { min: 1, max: 1, complete: ['shells'] },
  async run({ args: [shell = ''], io }) {
    const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined;
    if (script === undefined) {
      const shells = Object.keys(completionScripts);
      const close = nearest(shell, shells);
      const known = shells.join(', ');
      throw new UsageError(`there is no completion for "${shell}"${hintInBrackets(close)}; there is for: ${known}`);
    }
    io.stdout.write(script);
    return 0;
  },
});
