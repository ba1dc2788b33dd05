/** The user whom a request's `Impersonate-*` headers name. After `apiserver/pkg/endpoints/filters/impersonation`. */
import type { IncomingMessage } from 'node:http';
import { badRequest } from '../../api/status.ts';

/** As the headers say it: nothing is added to it yet. */
export interface RequestedUser {
  name: string;
  /** '' when none was asked for. */
  uid: string;
  groups: readonly string[];
  extra: ReadonlyMap<string, readonly string[]>;
}

const prefix = 'impersonate-';
const extraPrefix = 'impersonate-extra-';

/**
 * Undefined without such headers; an empty name alone asks for nobody too. Throws `StatusError` 400 for groups, uid or
 * extras without a name, and for a header of this family that nobody knows: to pass it over could widen rights.
 */
export function readRequestedUser(request: IncomingMessage): RequestedUser | undefined {
  if (!Object.keys(request.headers).some((header) => header.startsWith(prefix))) return undefined;
  let name = '';
  let uid = '';
  const groups: string[] = [];
  const extra = new Map<string, string[]>();
  for (const [header, raw = []] of Object.entries(request.headersDistinct)) {
    if (!header.startsWith(prefix)) continue;
    const values = raw.map(decoded);
    if (header === 'impersonate-user') name = values[0] ?? '';
    else if (header === 'impersonate-uid') uid = values[0] ?? '';
    else if (header === 'impersonate-group') groups.push(...values);
    else if (header.startsWith(extraPrefix)) {
      const key = extraKey(header);
      extra.set(key, [...(extra.get(key) ?? []), ...values]);
    } else
      throw badRequest(`the header ${header} is not known: known are Impersonate-User, -Group, -Uid and -Extra-KEY`);
  }
  if (name !== '') return { name, uid, groups, extra };
  if (uid === '' && groups.length === 0 && extra.size === 0) return undefined;
  throw badRequest('groups, a uid or extras to impersonate were requested without impersonating a user name');
}

/** Percent-encoded, since header names hold few characters; what is no such encoding stands for itself. */
function extraKey(header: string): string {
  const key = header.slice(extraPrefix.length);
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Node reads header values as Latin-1; names of users are UTF-8. */
function decoded(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8');
}
