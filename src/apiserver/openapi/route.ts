/** Mounts the OpenAPI documents in the API server. The code that builds them is loaded by the first request for one. */
import { StatusError } from '../../api/status.ts';
import { headersOf, responseOf, sendParts } from '../answer.ts';
import type { PathHandler } from '../discovery/route.ts';
import type { Exchange } from '../exchange.ts';
import type { ResourceDefinition } from '../resources/resource.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';
import type { OpenApiHandler } from './handler.ts';

export function openApiRoute(
  definitions: readonly ResourceDefinition[],
  virtual: readonly VirtualResource[] = [],
): PathHandler {
  let handler: Promise<OpenApiHandler> | undefined;

  const answer = async (exchange: Exchange): Promise<void> => {
    const { request, path, query } = exchange;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new StatusError({ code: 405, reason: 'MethodNotAllowed', message: `${path} can only be read` });
    }
    handler ??= import('./handler.ts').then(({ openApiHandler }) => openApiHandler(definitions, virtual));
    const found = (await handler)({ path, query, headers: request.headers });
    if (found === undefined) {
      throw new StatusError({
        code: 404,
        reason: 'NotFound',
        message: 'the server has no OpenAPI document for this path',
      });
    }
    const { status, headers, body } = found;
    const { 'Content-Type': type, ...rest } = headers;
    if (status === 200) return sendParts(exchange, status, type ?? 'application/json', [body], rest);
    const { 'Content-Type': _, ...ours } = headersOf(exchange, '');
    const length = status === 304 ? {} : { 'Content-Length': body.byteLength };
    const response = responseOf(exchange).writeHead(status, { ...ours, ...headers, ...length });
    response.end(body);
  };

  return (exchange) => (/^\/openapi\/(v2|v3)(\/|$)/.test(exchange.path) ? answer(exchange) : undefined);
}
