/** Who asks: the first authenticator with an opinion decides, and nobody's opinion makes the request anonymous. */
import { StatusError, unauthorized } from '../../api/status.ts';
import type { Authenticator, Credentials, UserInfo } from '../auth/types.ts';
import type { Exchange } from '../exchange.ts';
import type { Filter } from './filter.ts';

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export function authenticate(
  authenticator: Authenticator,
  readCredentials: (exchange: Exchange) => Credentials,
): Filter {
  return async (exchange, next) => {
    refuseImpersonation(exchange);
    const credentials = readCredentials(exchange);
    const user = await authenticator(credentials);
    // what was offered and convinced nobody is an error, not a reason to go on as nobody
    if (user === undefined && (credentials.bearerToken ?? credentials.certificate) !== undefined) throw unauthorized();
    exchange.user = user ?? ANONYMOUS;
    return next();
  };
}

function refuseImpersonation({ request }: Exchange): void {
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith('impersonate-')) {
      throw new StatusError({
        code: 403,
        reason: 'Forbidden',
        message: `the header ${name} is refused: this server does not support impersonation`,
      });
    }
  }
}
