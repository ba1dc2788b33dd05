/** What the commands of one first word are about, for the overview, which lists them as one, and for the help of that word. */
import type { CliCommand } from '../command.ts';

export interface CommandFamily extends Pick<CliCommand, 'examples'> {
  about: string;
}

export const commandFamilies: Readonly<Record<string, CommandFamily>> = {
  config: {
    about: 'Show and change the kubeconfig',
    examples: [
      { does: 'Which contexts there are, and which is the current one', line: 'fairlead config get-contexts' },
      { does: 'Go to another cluster', line: 'fairlead config use-context staging' },
      { does: 'Be in another namespace from now on', line: 'fairlead config set-context --current --namespace=shop' },
    ],
  },
  auth: {
    about: 'Tell who you are and what you may do',
    examples: [
      { does: 'As whom the cluster knows you', line: 'fairlead auth whoami' },
      { does: 'May I create pods here?', line: 'fairlead auth can-i create pods' },
      { does: 'All that I may do in a namespace', line: 'fairlead auth can-i --list -n shop' },
    ],
  },
  create: {
    about: 'Make objects, from files or from words',
    examples: [
      { does: 'A Deployment without a file', line: 'fairlead create deployment web --image=fairlead.local/echo' },
    ],
  },
};
