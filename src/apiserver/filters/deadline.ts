/** Ends requests that take too long: 504, after a minute or the client's own `timeout`. */
import { badRequest, StatusError } from '../../api/status.ts';
import { parseDuration } from '../duration.ts';
import type { Filter } from './filter.ts';
import { isLongRunning } from './in-flight.ts';

export function limitTime(longestMilliseconds: number): Filter {
  return async (exchange, next) => {
    if (isLongRunning(exchange.info)) return next();
    const asked = exchange.query.get('timeout');
    const limit = asked === null ? longestMilliseconds : clientLimit(asked, longestMilliseconds);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new StatusError({
        code: 504,
        reason: 'Timeout',
        message: 'Timeout: request did not complete within the allotted timeout',
      });
      exchange.abort(error);
      late.reject(error);
    }, limit);
    try {
      await Promise.race([next(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function clientLimit(asked: string, longest: number): number {
  const milliseconds = parseDuration(asked);
  if (milliseconds === undefined)
    throw badRequest(`invalid timeout specified in the request URL: ${JSON.stringify(asked)}`);
  return milliseconds === 0 ? longest : Math.min(milliseconds, longest);
}
