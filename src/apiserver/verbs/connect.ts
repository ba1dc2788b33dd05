/** Subresources that connect to something: handed to the connector once the request may be made. */
import type { GroupResource } from '../../api/group-version.ts';
import type { KubeObject } from '../../api/object.ts';
import { methodNotSupported } from '../../api/status.ts';
import type { Connector, ObjectReader } from '../connect/connector.ts';
import type { ConnectSubresource } from '../connect-subresources.ts';
import type { Exchange } from '../exchange.ts';
import type { ResourceIndex } from '../served-resource.ts';

export async function connectTo(
  exchange: Exchange,
  target: ConnectSubresource,
  connect: Connector,
  store: ObjectReader,
): Promise<void> {
  const { info, user, request, response, upgrade } = exchange;
  if (!target.verbs.includes(info.verb)) {
    throw methodNotSupported({ group: info.group, resource: `${info.resource}/${info.subresource}` }, info.verb);
  }
  await connect({
    info,
    user,
    request,
    ...(response === undefined ? {} : { response }),
    ...(upgrade === undefined ? {} : upgrade),
    store,
    signal: exchange.signal,
  });
}

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
