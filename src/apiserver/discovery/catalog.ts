/** What discovery tells: every group, version, resource and subresource of the server, gathered once. */
import { createHash } from 'node:crypto';
import type { GroupVersionKind } from '../../api/group-version.ts';
import { connectSubresources } from '../connect-subresources.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';
import type { ServedResource } from '../served-resource.ts';
import { facetOf } from '../verbs/facet.ts';

export interface CatalogSubresource {
  subresource: string;
  kind: GroupVersionKind;
  verbs: readonly string[];
}

export interface CatalogResource {
  plural: string;
  singular: string;
  namespaced: boolean;
  kind: GroupVersionKind;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: CatalogSubresource[];
}

export interface CatalogVersion {
  version: string;
  resources: CatalogResource[];
}

export interface CatalogGroup {
  /** '' for the core group. */
  group: string;
  versions: CatalogVersion[];
}

export interface Catalog {
  /** The core group first, then in kubectl's order of preference. */
  groups: readonly CatalogGroup[];
  /** Changes with the content. */
  hash: string;
}

/** Which group a name without one means to clients: those that come first win. The order is kube-apiserver's. */
const PREFERENCE = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
];

export function buildCatalog(served: readonly ServedResource[], virtual: readonly VirtualResource[]): Catalog {
  const groups = new Map<string, Map<string, Map<string, CatalogResource>>>();
  const versionOf = ({ group, version }: { group: string; version: string }) => {
    const versions = groups.get(group) ?? new Map<string, Map<string, CatalogResource>>();
    groups.set(group, versions);
    const resources = versions.get(version) ?? new Map<string, CatalogResource>();
    versions.set(version, resources);
    return resources;
  };
  for (const one of served) versionOf(one.definition).set(one.definition.plural, fromServed(one));
  for (const one of virtual) addVirtual(versionOf(one), one);
  const sorted = [...groups]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(
      ([group, versions]): CatalogGroup => ({
        group,
        versions: [...versions].map(([version, resources]) => ({
          version,
          resources: [...resources.values()].sort((a, b) => (a.plural < b.plural ? -1 : 1)),
        })),
      }),
    );
  const hash = createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32).toUpperCase();
  return { groups: sorted, hash };
}

function rank(group: string): number {
  const place = PREFERENCE.indexOf(group);
  return place < 0 ? PREFERENCE.length : place;
}

function fromServed(served: ServedResource): CatalogResource {
  const { definition, kind } = served;
  const { plural, singular, namespaced, shortNames = [], categories = [] } = definition;
  const facets = ['finalize', 'scale', 'status', ...(definition.parts?.keys() ?? [])].flatMap(
    (subresource): CatalogSubresource[] => {
      const facet = facetOf(served, subresource);
      return facet === undefined ? [] : [{ subresource, kind: facet.kind, verbs: [...facet.verbs].sort() }];
    },
  );
  const connects = definition.group === '' ? (connectSubresources[plural] ?? {}) : {};
  for (const [subresource, { kind: name, verbs }] of Object.entries(connects)) {
    facets.push({ subresource, kind: { group: '', version: 'v1', kind: name }, verbs });
  }
  facets.sort((a, b) => (a.subresource < b.subresource ? -1 : 1));
  const verbs = [...served.verbs].sort();
  return { plural, singular, namespaced, kind, verbs, shortNames, categories, subresources: facets };
}

function addVirtual(resources: Map<string, CatalogResource>, virtual: VirtualResource): void {
  const { plural, singular, namespaced, objectKind: kind, subresource } = virtual;
  if (subresource !== undefined) {
    const parent = resources.get(plural);
    if (parent === undefined) throw new Error(`the virtual resource ${plural}/${subresource} has no parent`);
    parent.subresources.push({ subresource, kind, verbs: ['create'] });
    parent.subresources.sort((a, b) => (a.subresource < b.subresource ? -1 : 1));
    return;
  }
  resources.set(plural, {
    plural,
    singular,
    namespaced,
    kind,
    verbs: ['create'],
    shortNames: [],
    categories: [],
    subresources: [],
  });
}
