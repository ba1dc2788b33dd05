/** As whom: a request with `Impersonate-*` headers goes on as the user whom they name, if its sender may. */
import { unauthorized } from '../../api/status.ts';
import { impersonate } from '../auth/impersonation.ts';
import { readRequestedUser } from '../auth/requested-user.ts';
import type { Authorizer } from '../auth/types.ts';
import { ANONYMOUS } from './authentication.ts';
import { attributesOf } from './authorization.ts';
import type { Filter } from './filter.ts';

/** After authentication and before authorization, which then asks about the user acted as. */
export function actAs(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const wanted = readRequestedUser(exchange.request);
    if (wanted === undefined) return next();
    if (exchange.user === ANONYMOUS) throw unauthorized();
    exchange.user = await impersonate(authorizer, wanted, attributesOf(exchange));
    return next();
  };
}
