/** May they, and if not: the 403 of Kubernetes for a denied action, in its words. */
import { formatGroupResource } from '../../api/group-version.ts';
import { StatusError } from '../../api/status.ts';
import type { AuthorizationAttributes, Authorizer } from './types.ts';

/** Throws `StatusError` 403. */
export async function requireRight(authorizer: Authorizer, attributes: AuthorizationAttributes): Promise<void> {
  const { allowed, reason } = await authorizer(attributes);
  if (allowed !== true) throw forbidden(attributes, reason);
}

/** `reason` is the authorizer's; '' when it had none. */
export function forbidden(attributes: AuthorizationAttributes, reason: string): StatusError {
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
