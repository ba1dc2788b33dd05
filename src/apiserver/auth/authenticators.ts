/** Authenticators that need no stored objects, and the union that asks several. */
import { isReason, unauthorized } from '../../api/status.ts';
import type { Authenticator, UserInfo } from './types.ts';

export const credentialIdKey = 'authentication.kubernetes.io/credential-id';
const authenticatedGroup = 'system:authenticated';

/** The subject of a verified client certificate: CN is the user, each O a group. */
export const clientCertificateAuthenticator: Authenticator = async ({ certificate }) => {
  if (certificate === undefined) return undefined;
  if (certificate.commonName === '') throw unauthorized();
  return {
    name: certificate.commonName,
    groups: certificate.organizations,
    extra: { [credentialIdKey]: [`X509SHA256=${certificate.fingerprint}`] },
  };
};

/**
 * Asks one after the other; the first that knows the user wins, and the user is then in `system:authenticated` too.
 * A bearer token that none of them knows is refused with 401; undefined only when there are no credentials at all.
 */
export function firstOf(authenticators: readonly Authenticator[]): Authenticator {
  return async (credentials) => {
    let refused = credentials.bearerToken !== undefined;
    for (const authenticate of authenticators) {
      try {
        const user = await authenticate(credentials);
        if (user !== undefined) return withGroup(user, authenticatedGroup);
      } catch (error) {
        if (!isReason(error, 'Unauthorized')) throw error;
        refused = true;
      }
    }
    if (refused) throw unauthorized();
    return undefined;
  };
}

function withGroup(user: UserInfo, group: string): UserInfo {
  if (user.groups.includes(group) || user.name === 'system:anonymous') return user;
  return { ...user, groups: [...user.groups, group] };
}
