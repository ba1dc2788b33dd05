/** What describers ask the cluster beyond the object itself. */
import type { KubeObject } from '../../api/object.ts';
import type { ClusterClient, ListQuery } from '../../client/cluster-client.ts';
import { listing } from '../../client/listing.ts';
import { dropNulls } from './drop-nulls.ts';

/** Each call throws `StatusError` for what the server refused. */
export interface Related {
  all<T extends KubeObject>(
    apiVersion: string,
    plural: string,
    query: Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'>,
  ): Promise<T[]>;
  one<T extends KubeObject>(apiVersion: string, plural: string, name: string, namespace?: string): Promise<T>;
}

/** `pageSize`: how many objects one request of a list asks for; 0: all. */
export function relatedObjects(
  client: ClusterClient,
  { pageSize, signal }: { pageSize: number; signal: AbortSignal },
): Related {
  return {
    async all<T extends KubeObject>(apiVersion: string, plural: string, query: ListQuery) {
      const resource = client.resource<T>(apiVersion, plural);
      const objects = await listing(resource, { ...query, pageSize, signal }).toArray();
      dropNulls(objects);
      return objects;
    },
    async one<T extends KubeObject>(apiVersion: string, plural: string, name: string, namespace?: string) {
      const resource = client.resource<T>(apiVersion, plural);
      const object = await resource.get(name, { signal, ...(namespace !== undefined && { namespace }) });
      dropNulls(object);
      return object;
    },
  };
}
