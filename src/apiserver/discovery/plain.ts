/** Discovery in its plain form: one document per group and version. */
import { formatApiVersion } from '../../api/group-version.ts';
import type { Catalog, CatalogGroup, CatalogResource } from './catalog.ts';

/** `/api`. The address lets clients inside a cluster pick the way to the server. */
export function apiVersions({ groups }: Catalog, serverAddress: string): object {
  const core = groups.find(({ group }) => group === '');
  return {
    kind: 'APIVersions',
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis`. */
export function apiGroupList({ groups }: Catalog): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.filter(({ group }) => group !== '').map(groupEntry),
  };
}

/** `/apis/GROUP`; undefined when there is no such group. */
export function apiGroup({ groups }: Catalog, name: string): object | undefined {
  const found = groups.find(({ group }) => group === name && group !== '');
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(found) };
}

function groupEntry({ group, versions }: CatalogGroup) {
  const listed = versions.map(({ version }) => ({ groupVersion: formatApiVersion({ group, version }), version }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

/** `/api/v1`, `/apis/GROUP/VERSION`; undefined when there is no such version. */
export function apiResourceList({ groups }: Catalog, name: string, version: string): object | undefined {
  const found = groups.find(({ group }) => group === name)?.versions.find((one) => one.version === version);
  if (found === undefined) return undefined;
  const groupVersion = formatApiVersion({ group: name, version });
  return {
    kind: 'APIResourceList',
    ...(name === '' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: found.resources.flatMap((resource) => resourceEntries(resource, name, version)),
  };
}

function resourceEntries(resource: CatalogResource, group: string, version: string): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, subresources } = resource;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const others = subresources.map(({ subresource, kind: its, verbs: itsVerbs }) => ({
    name: `${plural}/${subresource}`,
    singularName: '',
    namespaced,
    ...(its.group === group && its.version === version ? {} : { group: its.group, version: its.version }),
    kind: its.kind,
    verbs: itsVerbs,
  }));
  return [main, ...others];
}
