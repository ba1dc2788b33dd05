import { defineCommand } from '../command.ts';
import { changeKeys, keyFlags } from '../objects/change-keys.ts';

export const annotateCommand = defineCommand({
  usage: 'TYPE NAME... | TYPE/NAME... | -f FILE KEY=VALUE... KEY-...',
  description: 'An annotation that has another value already is left alone, unless --overwrite says otherwise.',
  examples: [
    { does: 'Set an annotation', line: "fairlead annotate deploy/web example.com/owner='the shop team'" },
    { does: 'Remove it', line: 'fairlead annotate deploy/web example.com/owner-' },
    { does: 'On all that a selector finds', line: 'fairlead annotate pods -l app=web example.com/seen=yes' },
  ],
  flags: keyFlags('annotations'),
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  run: (invocation) => changeKeys('annotations', invocation),
});
