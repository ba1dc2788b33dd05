/** Rules of roles from words: `--verb=get,list --resource=deploy,pods/log --resource-name=web`. */
import { UsageError } from '../command.ts';
import type { FlagTable } from '../flags.ts';
import type { ResourceTypes } from '../get/resource-types.ts';

export const ruleFlags = {
  verb: { type: 'list', commas: true, value: 'VERBS', description: 'what is allowed: get,list,watch' },
  resource: { type: 'list', commas: true, value: 'TYPES', description: 'to what: pods,deployments.apps,pods/log' },
  'resource-name': { type: 'list', value: 'NAME', description: 'only to the object of this name' },
} as const satisfies FlagTable;

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

interface Words {
  verb: readonly string[];
  resource: readonly string[];
  'resource-name': readonly string[];
}

const knownVerbs = new Set(
  '* get delete list create update patch watch proxy deletecollection use bind escalate impersonate'.split(' '),
);

const distinct = (words: readonly string[]): string[] => [...new Set(words)];

/** One rule for each group; `warn` is told of verbs that are not the API's own. Throws UsageError, and CommandError for types that the server does not have. */
export async function rulesFrom(
  words: Words,
  { types, warn }: { types: ResourceTypes; warn: (text: string) => void },
): Promise<PolicyRule[]> {
  const verbs = verbsFrom(words.verb);
  for (const verb of verbs) if (!knownVerbs.has(verb)) warn(`'${verb}' is not a standard resource verb`);
  const resources = distinct(words.resource);
  if (resources.length === 0) throw new UsageError('--resource is needed: to what shall it be allowed?');
  const names = distinct(words['resource-name']);
  const groups = new Map<string, string[]>();
  for (const word of resources) {
    const slash = word.indexOf('/');
    const typeWord = slash < 0 ? word : word.slice(0, slash);
    const subresource = slash < 0 ? '' : word.slice(slash);
    if (typeWord === '*' && slash < 0) {
      if (resources.length > 1) throw new UsageError('"*" is everything: it does not go with other resources');
      groups.set('', ['*']);
      continue;
    }
    if (typeWord === '*' || typeWord.startsWith('*.')) {
      const group = typeWord.slice(2);
      groups.set(group, [...(groups.get(group) ?? []), `*${subresource}`]);
      continue;
    }
    const { group, plural } = await types.ofName(typeWord);
    groups.set(group, [...(groups.get(group) ?? []), `${plural}${subresource}`]);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([group, all]) => ({
    verbs,
    apiGroups: [group],
    resources: all,
    ...(names.length > 0 && { resourceNames: names }),
  }));
}

export function verbsFrom(words: readonly string[]): string[] {
  const verbs = distinct(words);
  if (verbs.length === 0) throw new UsageError('--verb is needed: what shall be allowed?');
  return verbs.includes('*') ? ['*'] : verbs;
}

export function urlsFrom(words: readonly string[]): string[] {
  const urls = distinct(words);
  const wrong = urls.find((url) => url !== '*' && !url.startsWith('/'));
  if (wrong !== undefined) throw new UsageError(`invalid --non-resource-url "${wrong}": a path begins with "/"`);
  return urls;
}
