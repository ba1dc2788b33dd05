import { rbacGroup, subjectFlags, subjectsFrom } from '../../auth/subjects.ts';
import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createClusterrolebindingCommand = defineCommand({
  usage: 'NAME --clusterrole=NAME [--user=NAMES] [--group=NAMES] [--serviceaccount=NAMESPACE:NAME]',
  examples: [
    {
      does: 'A group may view everything',
      line: 'fairlead create clusterrolebinding ops-view --clusterrole=view --group=ops',
    },
  ],
  flags: {
    ...generateFlags,
    ...subjectFlags,
    clusterrole: { type: 'string', value: 'NAME', description: 'the cluster role', complete: 'names of clusterroles' },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    if (flags.clusterrole === undefined) throw new UsageError('--clusterrole is needed');
    const subjects = subjectsFrom(flags);
    return generate(invocation, () => ({
      namespaced: false,
      failure: 'failed to create clusterrolebinding:',
      object: {
        apiVersion: `${rbacGroup}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: args[0] ?? '' },
        roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: flags.clusterrole },
        ...(subjects.length > 0 && { subjects }),
      },
    }));
  },
});
