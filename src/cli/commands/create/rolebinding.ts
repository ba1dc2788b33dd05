import { rbacGroup, subjectFlags, subjectsFrom } from '../../auth/subjects.ts';
import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createRolebindingCommand = defineCommand({
  usage: 'NAME --role=NAME|--clusterrole=NAME [--user=NAMES] [--group=NAMES] [--serviceaccount=NAMESPACE:NAME]',
  examples: [
    {
      does: 'A user may view the namespace shop',
      line: 'fairlead create rolebinding ann-views --clusterrole=view --user=ann -n shop',
    },
    {
      does: 'A service account gets a role',
      line: 'fairlead create rolebinding build --role=builder --serviceaccount=shop:builder -n shop',
    },
  ],
  flags: {
    ...generateFlags,
    ...subjectFlags,
    role: { type: 'string', value: 'NAME', description: 'the role of this namespace', complete: 'names of roles' },
    clusterrole: { type: 'string', value: 'NAME', description: 'the cluster role', complete: 'names of clusterroles' },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const { role, clusterrole } = flags;
    if ((role === undefined) === (clusterrole === undefined))
      throw new UsageError('one of --role and --clusterrole is needed');
    const subjects = subjectsFrom(flags);
    return generate(invocation, () => ({
      namespaced: true,
      failure: 'failed to create rolebinding:',
      object: {
        apiVersion: `${rbacGroup}/v1`,
        kind: 'RoleBinding',
        metadata: { name: args[0] ?? '' },
        roleRef: { apiGroup: rbacGroup, kind: role === undefined ? 'ClusterRole' : 'Role', name: role ?? clusterrole },
        ...(subjects.length > 0 && { subjects }),
      },
    }));
  },
});
