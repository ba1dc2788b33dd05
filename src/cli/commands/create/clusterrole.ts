import { ruleFlags, rulesFrom, urlsFrom, verbsFrom } from '../../auth/policy-rules.ts';
import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';

export const createClusterroleCommand = defineCommand({
  usage: 'NAME --verb=VERBS --resource=TYPES | --verb=VERBS --non-resource-url=PATHS | --aggregation-rule=LABELS',
  examples: [
    { does: 'Reading nodes', line: 'fairlead create clusterrole node-reader --verb=get,list,watch --resource=nodes' },
    {
      does: 'Reading the metrics of the API server',
      line: 'fairlead create clusterrole scraper --verb=get --non-resource-url=/metrics',
    },
  ],
  flags: {
    ...generateFlags,
    ...ruleFlags,
    'non-resource-url': {
      type: 'list',
      commas: true,
      value: 'PATHS',
      description: 'paths of the API server that are no objects: /metrics',
    },
    'aggregation-rule': {
      type: 'list',
      commas: true,
      value: 'KEY=VALUE',
      description: 'made of all cluster roles with these labels',
    },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  run(invocation) {
    const { args, flags } = invocation;
    const aggregated = flags['aggregation-rule'];
    const paths = urlsFrom(flags['non-resource-url']);
    const metadata = { name: args[0] ?? '' };
    const shape = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata };
    if (aggregated.length > 0) {
      if (flags.verb.length + flags.resource.length + paths.length > 0) {
        throw new UsageError('--aggregation-rule does not go with --verb, --resource and --non-resource-url');
      }
      const matchLabels = Object.fromEntries(aggregated.map(label));
      const object = { ...shape, aggregationRule: { clusterRoleSelectors: [{ matchLabels }] }, rules: null };
      return generate(invocation, () => ({ namespaced: false, object }));
    }
    return generate(invocation, async (objects) => {
      const forPaths = paths.length === 0 ? [] : [{ verbs: verbsFrom(flags.verb), nonResourceURLs: paths }];
      const onlyPaths = paths.length > 0 && flags.resource.length === 0;
      const rules = onlyPaths ? forPaths : [...(await rulesFrom(flags, objects)), ...forPaths];
      return { namespaced: false, object: { ...shape, rules } };
    });
  },
});

function label(word: string): [string, string] {
  const equals = word.indexOf('=');
  if (equals <= 0) throw new UsageError(`invalid --aggregation-rule "${word}": KEY=VALUE is needed`);
  return [word.slice(0, equals), word.slice(equals + 1)];
}
