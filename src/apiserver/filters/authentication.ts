/** Who asks: the first authenticator with an opinion decides, and nobody's opinion makes the request anonymous. */
import { unauthorized } from '../../api/status.ts';
import type { Authenticator, Credentials, UserInfo } from '../auth/types.ts';
import type { Exchange } from '../exchange.ts';
import type { Filter } from './filter.ts';

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export function authenticate(
  authenticator: Authenticator,
  readCredentials: (exchange: Exchange) => Credentials,
): Filter {
  return async (exchange, next) => {
    const credentials = readCredentials(exchange);
    const user = await authenticator(credentials);
    // what was offered and convinced nobody is an error, not a reason to go on as nobody
    if (user === undefined && (credentials.bearerToken ?? credentials.certificate) !== undefined) throw unauthorized();
    exchange.user = user ?? ANONYMOUS;
    return next();
  };
}
