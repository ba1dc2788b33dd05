/** Bounds how many requests are worked on at once, so that a flood is answered with 429 instead of memory. */
import { StatusError } from '../../api/status.ts';
import type { RequestInfo } from '../request-info.ts';
import type { Filter } from './filter.ts';

const CONNECTING: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

/** Requests that last as long as the client likes: they are bound by connections, not by time and count. */
export function isLongRunning(info: RequestInfo): boolean {
  return info.verb === 'watch' || CONNECTING.has(info.subresource);
}

/** Reading and writing are counted apart, as in kube-apiserver, so that readers cannot starve writers. */
export function limitInFlight({ reading, writing }: { reading: number; writing: number }): Filter {
  let readers = 0;
  let writers = 0;
  return async (exchange, next) => {
    const { info } = exchange;
    if (isLongRunning(info)) return next();
    const reads = info.verb === 'get' || info.verb === 'list';
    if (reads ? readers >= reading : writers >= writing) {
      throw new StatusError({
        code: 429,
        reason: 'TooManyRequests',
        message: 'Too many requests, please try again later.',
        details: { retryAfterSeconds: 1 },
      });
    }
    if (reads) readers += 1;
    else writers += 1;
    try {
      await next();
    } finally {
      if (reads) readers -= 1;
      else writers -= 1;
    }
  };
}
