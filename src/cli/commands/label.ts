import { defineCommand } from '../command.ts';
import { changeKeys, keyFlags } from '../objects/change-keys.ts';

export const labelCommand = defineCommand({
  usage: 'TYPE NAME... | TYPE/NAME... | -f FILE KEY=VALUE... KEY-...',
  description: 'A label that has another value already is left alone, unless --overwrite says otherwise.',
  examples: [
    { does: 'Set a label', line: 'fairlead label pod web-1 tier=front' },
    { does: 'Change one and remove another', line: 'fairlead label deploy/web tier=back old- --overwrite' },
    { does: 'All nodes', line: 'fairlead label nodes --all rack=7' },
    { does: 'Only see what is there', line: 'fairlead label pod web-1 --list' },
  ],
  flags: keyFlags('labels'),
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  run: (invocation) => changeKeys('labels', invocation),
});
