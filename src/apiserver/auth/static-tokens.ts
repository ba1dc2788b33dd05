/** Tokens from a file in Kubernetes' CSV form: `token,user,uid,"group1,group2"`, one a line, groups optional. */
import { createHash } from 'node:crypto';
import type { Authenticator, UserInfo } from './types.ts';

/** The file is not in that form; the message names the file and line, never a token. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

/** `source` is how messages call the file. Throws `TokenFileError`. */
export function staticTokenAuthenticator(csv: string, source: string): Authenticator {
  const users = new Map<string, UserInfo>();
  csv.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '') return;
    const where = `${source}, line ${index + 1}`;
    const [token = '', name = '', uid = '', groups = '', ...rest] = parseRow(line, where);
    if (rest.length > 0)
      throw new TokenFileError(`${where}: more than four columns; several groups need quotes around them`);
    if (token === '' || name === '' || uid === '') {
      throw new TokenFileError(`${where}: a line needs at least token, user name and user id, separated by commas`);
    }
    const key = digest(token);
    if (users.has(key)) throw new TokenFileError(`${where}: this token stands on an earlier line already`);
    users.set(key, {
      name,
      uid,
      groups: groups
        .split(',')
        .map((group) => group.trim())
        .filter((group) => group !== ''),
    });
  });
  return async ({ bearerToken }) => (bearerToken === undefined ? undefined : users.get(digest(bearerToken)));
}

/** Looked up by digest, the time of a look-up tells nothing about the tokens. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

function parseRow(line: string, where: string): string[] {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const match = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)|^([^",]*)(?:,|$)/.exec(rest);
    if (match === null) throw new TokenFileError(`${where}: a quote is not closed, or stands inside a column`);
    const [whole, quoted, plain] = match;
    fields.push(quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'));
    rest = rest.slice(whole.length);
    if (!whole.endsWith(',')) return fields;
  }
}
