import { defineCommand } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { keyValueFlags, readKeyValues, secretOf } from '../../objects/key-values.ts';

export const createSecretGenericCommand = defineCommand({
  usage: 'NAME [--from-file=[KEY=]PATH]... [--from-literal=KEY=VALUE]...',
  description:
    'What is given by --from-literal can be seen by other users of this machine while the command runs; files cannot.',
  examples: [
    { does: 'From files', line: 'fairlead create secret generic keys --from-file=id=./id_ed25519' },
    { does: 'From a value', line: 'fairlead create secret generic db --from-literal=user=shop' },
  ],
  flags: {
    ...generateFlags,
    ...keyValueFlags,
    type: { type: 'string', value: 'TYPE', description: 'type of the Secret (default Opaque)' },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  async run(invocation) {
    const { args, flags, io } = invocation;
    const values = await readKeyValues(flags, io);
    return generate(invocation, () => secretOf(args[0] ?? '', values, flags.type));
  },
});
