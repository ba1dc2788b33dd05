/** May they: every request is put to the authorizer as attributes; its answer and Kubernetes' wording make 401 or 403. */
import { formatGroupResource } from '../../api/group-version.ts';
import { StatusError, unauthorized } from '../../api/status.ts';
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

/** Throws `StatusError` 403. */
export async function requireRight(authorizer: Authorizer, attributes: AuthorizationAttributes): Promise<void> {
  const { allowed, reason } = await authorizer(attributes);
  if (allowed !== true) throw denied(attributes, reason);
}

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

function denied(attributes: AuthorizationAttributes, reason: string): StatusError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes;
  const because = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (!attributes.resourceRequest) {
    return new StatusError({
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: ${who} path ${JSON.stringify(path)}${because}`,
      details: {},
    });
  }
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? ' at the cluster scope' : ` in the namespace ${JSON.stringify(namespace)}`;
  const subject = formatGroupResource({ group, resource });
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message:
      `${subject}${name === '' ? '' : ` ${JSON.stringify(name)}`} is forbidden: ` +
      `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)}${where}${because}`,
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  });
}
