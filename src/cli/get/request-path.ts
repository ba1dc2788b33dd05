/** The paths of what `get` asks. */
import { apiRoot } from '../../api/group-version.ts';
import type { Wanted } from './arguments.ts';

export interface Selection {
  namespace: string;
  allNamespaces: boolean;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export function collectionPath({ type }: Wanted, { namespace, allNamespaces }: Selection): string {
  const scope = type.namespaced && !allNamespaces ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${apiRoot(type)}${scope}/${type.plural}`;
}

export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

export function objectPath(wanted: Wanted, selection: Selection): string {
  return `${collectionPath(wanted, selection)}/${encodeURIComponent(wanted.name ?? '')}`;
}
