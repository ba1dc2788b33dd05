/** A user's entry: the credentials it has, and as whom it asks. */
import { isRecord } from '../lib/is-record.ts';
import type { ClientConfig, Impersonation } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { entryError, pathIn, textField, textListOf } from './kubeconfig-entry.ts';

type UserConfig = Pick<ClientConfig, 'token' | 'tokenFile' | 'username' | 'password' | 'credentials'>;

/** A token, a token file or a name with password; nothing for a user of certificates. */
export function userCredentials(user: KubeconfigEntry): UserConfig {
  const tokenFile = textField(user, 'tokenFile');
  const token = textField(user, 'token');
  const username = textField(user, 'username');
  const password = textField(user, 'password');
  if ((token ?? tokenFile) !== undefined && (username ?? password) !== undefined) {
    throw entryError(user, 'it has a token and a user name with password: remove one of them');
  }
  const isUsable = token !== undefined && /^[\x21-\x7e]+$/.test(token);
  if (tokenFile !== undefined) return { tokenFile: pathIn(user, tokenFile), ...(isUsable && { token }) };
  if (token !== undefined) {
    if (!isUsable) throw entryError(user, '"token" has characters that no token has');
    return { token };
  }
  if (username === undefined) {
    if (password !== undefined) throw entryError(user, 'it has a password but no username');
    return {};
  }
  if (username.includes(':')) throw entryError(user, '"username" has a colon, which basic authentication cannot carry');
  return { username, password: password ?? '' };
}

/**
 * As whom is asked: what was `chosen` counts before the entry's, field by field, and of `extra` key by key, as with kubectl's flags.
 * Undefined where the user acts as itself.
 */
export function impersonationOf(
  entry: KubeconfigEntry | undefined,
  chosen: Partial<Impersonation> = {},
): Impersonation | undefined {
  const own = entry === undefined ? {} : ownImpersonation(entry);
  const { user, ...rest } = { ...own, ...chosen, extra: { ...own.extra, ...chosen.extra } };
  const { uid, groups = [], extra } = rest;
  const isAlone = uid === undefined && groups.length === 0 && Object.keys(extra).length === 0;
  if (user !== undefined) {
    return {
      user,
      ...(uid !== undefined && { uid }),
      ...(groups.length > 0 && { groups }),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  }
  if (isAlone) return undefined;
  if (entry !== undefined && Object.keys(own).length > 0) {
    throw entryError(entry, 'as-uid, as-groups and as-user-extra need "as", the user to act as');
  }
  throw new ConfigError(
    '--as-uid, --as-group and --as-user-extra need a user to act as: --as, or "as" of the user in the kubeconfig.',
  );
}

function ownImpersonation(user: KubeconfigEntry): Partial<Impersonation> {
  const name = textField(user, 'as');
  const uid = textField(user, 'as-uid');
  const groups = textListOf(user, user.fields, 'as-groups');
  const extra = extraOf(user);
  for (const value of [name ?? '', uid ?? '', ...groups, ...Object.values(extra).flat()]) {
    // It becomes a header line.
    if (/\p{Cc}/u.test(value)) throw entryError(user, 'what to act as ("as…") may hold no control characters');
  }
  return {
    ...(name !== undefined && { user: name }),
    ...(uid !== undefined && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function extraOf(user: KubeconfigEntry): Readonly<Record<string, readonly string[]>> {
  const value = user.fields['as-user-extra'] ?? {};
  if (!isRecord(value)) throw entryError(user, '"as-user-extra" must be a mapping of lists');
  return Object.fromEntries(
    Object.keys(value).map((key) => [key, textListOf(user, value, key, 'as-user-extra.')] as const),
  );
}
