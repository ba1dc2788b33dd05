/** Discovery in its aggregated form: everything below `/api` or `/apis` in one document. */
import type { AnswerForm } from '../negotiate.ts';
import type { Catalog, CatalogResource } from './catalog.ts';

/** True for the forms that clients ask for; v2beta1 is of the past. */
export function isAggregated(as: NonNullable<AnswerForm['as']>): boolean {
  return as.group === 'apidiscovery.k8s.io' && as.version === 'v2' && as.kind === 'APIGroupDiscoveryList';
}

/** Clients take an answer for aggregated only by this type. */
export const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export function aggregated({ groups }: Catalog, root: 'api' | 'apis'): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups
      .filter(({ group }) => (group === '') === (root === 'api'))
      .map(({ group, versions }) => ({
        metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
        versions: versions.map(({ version, resources }) => ({
          version,
          resources: resources.map(resourceEntry),
          freshness: 'Current',
        })),
      })),
  };
}

function resourceEntry(resource: CatalogResource): object {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, subresources } = resource;
  return {
    resource: plural,
    responseKind: kind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0
      ? {
          subresources: subresources.map(({ subresource, kind: responseKind, verbs: its }) => ({
            subresource,
            responseKind,
            verbs: its,
          })),
        }
      : {}),
  };
}
