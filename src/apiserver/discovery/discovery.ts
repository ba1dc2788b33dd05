import { methodNotSupported } from '../../api/status.ts';
import { sendObject, sendParts } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { negotiate } from '../negotiate.ts';
import { AGGREGATED_TYPE, aggregated, isAggregated } from './aggregated.ts';
import type { Catalog } from './catalog.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './plain.ts';
import type { PathHandler } from './route.ts';
import { pathParts } from './route.ts';

/** `/api`, `/apis` and what lists resources below them. `catalog` is asked at the first request, not before. */
export function discovery(catalog: () => Catalog, serverAddress: () => string): PathHandler {
  return (exchange) => {
    const [root = '', first, second, third] = pathParts(exchange.info.path);
    if ((root !== 'api' && root !== 'apis') || third !== undefined) return undefined;
    if (first === undefined) return answerRoot(exchange, root, catalog(), serverAddress());
    if (root === 'api') {
      return second === undefined ? answerPlain(exchange, apiResourceList(catalog(), '', first)) : undefined;
    }
    return answerPlain(
      exchange,
      second === undefined ? apiGroup(catalog(), first) : apiResourceList(catalog(), first, second),
    );
  };
}

function checkMethod({ info, path }: Exchange): void {
  if (info.verb !== 'get' && info.verb !== 'head') throw methodNotSupported({ group: '', resource: path }, info.verb);
}

async function answerRoot(
  exchange: Exchange,
  root: 'api' | 'apis',
  catalog: Catalog,
  serverAddress: string,
): Promise<void> {
  checkMethod(exchange);
  const form = negotiate(exchange.request.headers.accept, isAggregated);
  if (form.as === undefined) {
    const plain = root === 'api' ? apiVersions(catalog, serverAddress) : apiGroupList(catalog);
    return sendObject(exchange, 200, plain, form, { Vary: 'Accept' });
  }
  const etag = `"${catalog.hash}"`;
  const headers = { ETag: etag, Vary: 'Accept' };
  if (exchange.request.headers['if-none-match'] === etag) return sendParts(exchange, 304, AGGREGATED_TYPE, [], headers);
  const body = Buffer.from(JSON.stringify(aggregated(catalog, root)));
  return sendParts(exchange, 200, AGGREGATED_TYPE, [body], headers);
}

function answerPlain(exchange: Exchange, document: object | undefined): Promise<void> | undefined {
  if (document === undefined) return undefined;
  checkMethod(exchange);
  return sendObject(exchange, 200, document, negotiate(exchange.request.headers.accept));
}
