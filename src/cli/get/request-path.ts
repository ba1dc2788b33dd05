/** The paths of what `get` asks. */
import { apiRoot } from '../../api/group-version.ts';
import type { Wanted } from './arguments.ts';

export interface Selection {
  namespace: string;
  allNamespaces: boolean;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Items of a list that one answer may have; 0: all at once. Default 500. */
  chunkSize?: number | undefined;
  /** Of named objects: `status`, `scale`. */
  subresource?: string | undefined;
}

export function collectionPath({ type, namespace: own }: Wanted, { namespace, allNamespaces }: Selection): string {
  const scope = type.namespaced && !allNamespaces ? `/namespaces/${encodeURIComponent(own ?? namespace)}` : '';
  return `${apiRoot(type)}${scope}/${type.plural}`;
}

type Query = Readonly<Record<string, string | undefined>>;

export function withQuery(path: string, query: Query): string {
  const parts = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** What a list is asked to hold. */
export function listQuery({ labelSelector, fieldSelector, chunkSize = 500 }: Selection, further: Query = {}): Query {
  return { labelSelector, fieldSelector, limit: chunkSize === 0 ? undefined : String(chunkSize), ...further };
}

export function objectPath(wanted: Wanted, selection: Selection): string {
  const { subresource } = selection;
  const below = subresource === undefined ? '' : `/${encodeURIComponent(subresource)}`;
  return `${collectionPath(wanted, selection)}/${encodeURIComponent(wanted.name ?? '')}${below}`;
}
