import { defineCommand } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createServiceaccountCommand = defineCommand({
  usage: 'NAME',
  examples: [{ does: 'A service account', line: 'fairlead create serviceaccount builder' }],
  flags: generateFlags,
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run: (invocation) =>
    generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create serviceaccount:',
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: invocation.args[0] ?? '' } },
    })),
});
