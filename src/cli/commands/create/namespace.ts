import { defineCommand } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createNamespaceCommand = defineCommand({
  usage: 'NAME',
  examples: [{ does: 'A namespace', line: 'fairlead create namespace shop' }],
  flags: generateFlags,
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run: (invocation) =>
    generate(invocation, () => ({
      namespaced: false,
      object: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: invocation.args[0] ?? '' },
        spec: {},
        status: {},
      },
    })),
});
