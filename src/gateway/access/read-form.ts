/** The fields of a small form that a browser sends. */
import { headerValue } from '../../net/http1/headers.ts';
import type { ServerExchange } from '../../net/http1/server-exchange.ts';

const maxBytes = 8 * 1024;

/** Undefined where the body is no small form of announced length, or the client left. */
export function readForm(exchange: ServerExchange): Promise<URLSearchParams | undefined> {
  const { head, framing } = exchange;
  const type = headerValue(head.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  const length = Number(headerValue(head.headers, 'content-length'));
  if (type !== 'application/x-www-form-urlencoded' || framing.kind !== 'length' || !(length <= maxBytes))
    return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    exchange.onGone = () => resolve(undefined);
    exchange.readBody({
      onChunk: (chunk) => void chunks.push(chunk),
      onEnd: () => {
        exchange.onGone = undefined;
        resolve(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
      },
    });
  });
}
