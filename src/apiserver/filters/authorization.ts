/** May they: every request is put to the authorizer as attributes; its answer and Kubernetes' wording make 401 or 403. */
import { unauthorized } from '../../api/status.ts';
import { requireRight } from '../auth/forbidden.ts';
import type { AuthorizationAttributes, Authorizer } from '../auth/types.ts';
import type { Exchange } from '../exchange.ts';
import { ANONYMOUS } from './authentication.ts';
import type { Filter } from './filter.ts';

const PUBLIC_PATH = /^\/((healthz|livez|readyz)(\/[\w-]+)?|version)\/?$/;
/** They act on a pod although a WebSocket begins as GET: the right to create is asked, whatever the method. */
const ACTING: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

export function authorize(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const { info, user } = exchange;
    if (!info.isResourceRequest && (info.verb === 'get' || info.verb === 'head') && PUBLIC_PATH.test(info.path))
      return next();
    if (user === ANONYMOUS) throw unauthorized();
    await requireRight(authorizer, attributesOf(exchange));
    return next();
  };
}

/** The request as authorizers see it. */
export function attributesOf({ info, user }: Exchange): AuthorizationAttributes {
  const acting = ACTING.has(info.subresource) && info.verb === 'get';
  return {
    user,
    verb: acting ? 'create' : info.verb,
    resourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  };
}
