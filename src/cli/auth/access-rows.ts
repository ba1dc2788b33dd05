/** Rules as a table for people: one row for what may be done to one resource, as kubectl shows them. */

export interface AccessRules {
  resourceRules?: readonly {
    verbs: readonly string[];
    apiGroups?: readonly string[];
    resources?: readonly string[];
    resourceNames?: readonly string[];
  }[];
  nonResourceRules?: readonly { verbs: readonly string[]; nonResourceURLs?: readonly string[] }[];
}

interface Row {
  verbs: string[];
  groups: readonly string[];
  resources: readonly string[];
  names: readonly string[];
  urls: readonly string[];
}

/** Cells of: resources, paths, names, verbs. Rules of one resource are one row, however many roles gave them. */
export function accessRows(rules: AccessRules | undefined): string[][] {
  const rows = new Map<string, Row>();
  for (const { verbs, apiGroups = [], resources = [], resourceNames = [] } of rules?.resourceRules ?? []) {
    for (const group of apiGroups) {
      for (const resource of resources) {
        const names = resourceNames.length === 0 ? [undefined] : resourceNames;
        for (const name of names) {
          const key = JSON.stringify([group, resource, name ?? null]);
          const row = rows.get(key) ?? {
            verbs: [],
            groups: [group],
            resources: [resource],
            names: name === undefined ? [] : [name],
            urls: [],
          };
          rows.set(key, { ...row, verbs: [...new Set([...row.verbs, ...verbs])] });
        }
      }
    }
  }
  const urlRows = (rules?.nonResourceRules ?? []).flatMap(({ verbs, nonResourceURLs = [] }) =>
    nonResourceURLs.flatMap((url) =>
      verbs.map((verb): Row => ({ verbs: [verb], groups: [], resources: [], names: [], urls: [url] })),
    ),
  );
  return [...urlRows, ...rows.values()]
    .map((row) => ({ row, key: sortKey(row) }))
    .sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1))
    .map(({ row: { verbs, groups, resources, names, urls } }) => [
      resourceName(resources[0], groups[0]),
      list(urls),
      list(names),
      list(verbs),
    ]);
}

/** `deployments.apps/scale`. */
function resourceName(resource: string | undefined, group: string | undefined): string {
  if (resource === undefined) return '';
  const slash = resource.indexOf('/');
  const name = slash < 0 ? resource : resource.slice(0, slash);
  return `${name}${group ? `.${group}` : ''}${slash < 0 ? '' : resource.slice(slash)}`;
}

/** kubectl sorts rules by their Go text, which begins with the verbs. */
function sortKey({ verbs, groups, resources, names, urls }: Row): string {
  return `Verbs:${list(verbs)},APIGroups:${list(groups)},Resources:${list(resources)},ResourceNames:${list(names)},NonResourceURLs:${list(urls)},`;
}

function list(values: readonly string[]): string {
  return `[${values.join(' ')}]`;
}
