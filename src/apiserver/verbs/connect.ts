/** Subresources that connect to something: handed to the connector once the request may be made. */
import { methodNotSupported } from '../../api/status.ts';
import type { Connector, ObjectReader } from '../connect/connector.ts';
import type { ConnectSubresource } from '../connect-subresources.ts';
import type { Exchange } from '../exchange.ts';

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
