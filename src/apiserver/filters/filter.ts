/** A step of the request pipeline: it passes on by calling `next`, or refuses by throwing `StatusError`. */
import type { Exchange } from '../exchange.ts';

export type Filter = (exchange: Exchange, next: () => Promise<void>) => Promise<void>;
export type Handler = (exchange: Exchange) => Promise<void>;

/** The filters one after the other, first to last, and the handler at the end. */
export function pipeline(filters: readonly Filter[], handler: Handler): Handler {
  return filters.reduceRight<Handler>((next, filter) => (exchange) => filter(exchange, () => next(exchange)), handler);
}
