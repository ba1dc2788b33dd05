import { ruleFlags, rulesFrom } from '../../auth/policy-rules.ts';
import { defineCommand } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createRoleCommand = defineCommand({
  usage: 'NAME --verb=VERBS --resource=TYPES [--resource-name=NAMES]',
  examples: [
    {
      does: 'Reading pods and their logs',
      line: 'fairlead create role reader --verb=get,list,watch --resource=pods,pods/log',
    },
    {
      does: 'Reaching one service through the API server',
      line: 'fairlead create role visitor --verb=get --resource=services/proxy --resource-name=web',
    },
  ],
  flags: { ...generateFlags, ...ruleFlags },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run: (invocation) =>
    generate(invocation, async (objects) => ({
      namespaced: true,
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: invocation.args[0] ?? '' },
        rules: await rulesFrom(invocation.flags, objects),
      },
    })),
});
