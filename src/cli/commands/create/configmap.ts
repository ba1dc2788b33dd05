import { defineCommand } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { configMapData, keyValueFlags, readKeyValues } from '../../objects/key-values.ts';

export const createConfigmapCommand = defineCommand({
  usage: 'NAME [--from-literal=KEY=VALUE]... [--from-file=[KEY=]PATH]...',
  examples: [
    {
      does: 'With values',
      line: 'fairlead create configmap colours --from-literal=sky=blue --from-literal=grass=green',
    },
    {
      does: 'With a file and all files of a folder',
      line: 'fairlead create configmap site --from-file=index.html --from-file=assets/',
    },
  ],
  flags: { ...generateFlags, ...keyValueFlags },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  async run(invocation) {
    const values = await readKeyValues(invocation.flags, invocation.io);
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create configmap:',
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: invocation.args[0] ?? '' },
        ...configMapData(values),
      },
    }));
  },
});
