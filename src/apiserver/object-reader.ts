/** Reading stored objects inside the server: for authorization, admission and connections. */
import type { GroupResource } from '../api/group-version.ts';
import type { KubeObject } from '../api/object.ts';
import type { ObjectReader } from './connect/connector.ts';
import type { ResourceIndex } from './served-resource.ts';

/** Reads through the watch caches. */
export function objectReader(resources: ResourceIndex): ObjectReader {
  const find = (resource: GroupResource) => {
    const served = resources.findResource(resource);
    if (served === undefined) throw new Error(`${resource.resource} is not served here`);
    return served;
  };
  return {
    async get<T extends KubeObject>(resource: GroupResource, namespace: string, name: string) {
      const served = find(resource);
      // the caller names the kind that it asks for
      return (await served.cache.get(served.key(namespace, name)))?.object as T | undefined;
    },
    async list<T extends KubeObject>(resource: GroupResource, namespace: string) {
      const served = find(resource);
      const { items } = await served.cache.list({ prefix: served.prefix(namespace) });
      return items.map(({ object }) => object as T);
    },
  };
}
