/** Where on the API's origin the API begins, and static files beside it: kubectl proxy's `--api-prefix` and `--www-prefix`. */

/** What a path leads to. `path` is what is left of it, raw. */
export type Place =
  | { kind: 'api'; path: string; filterPath: string | undefined }
  | { kind: 'static'; path: string }
  | { kind: 'redirect'; to: string }
  | { kind: 'nothing' };

export interface Prefixes {
  /** Begins and ends with a slash. */
  api: string;
  /** The same; undefined where no files are served. */
  static: string | undefined;
}

const wholePath = { api: '/', static: undefined };

/** Undefined where the text cannot be a prefix: segments of a path, all of plain characters. */
export function parsePrefix(text: string): string | undefined {
  const ended = text.endsWith('/') ? text : `${text}/`;
  return /^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*\/)*$/.test(ended) ? ended : undefined;
}

/** The longest prefix decides; one that is asked for without its last slash is answered with where it is. */
export function placeOf(path: string, prefixes: Prefixes = wholePath): Place {
  // The usual case, on every request.
  if (prefixes.api === '/' && prefixes.static === undefined)
    return { kind: 'api', path, filterPath: path === '/' ? '' : undefined };
  const both = [prefixes.static, prefixes.api].filter((prefix) => prefix !== undefined);
  const [prefix] = both.filter((each) => path.startsWith(each)).sort((a, b) => b.length - a.length);
  const exact = both.find((each) => each === `${path}/`);
  if (exact !== undefined) return { kind: 'redirect', to: exact };
  if (prefix === undefined) return { kind: 'nothing' };
  const rest = path.slice(prefix.length);
  if (prefix === prefixes.static) return { kind: 'static', path: `/${rest}` };
  // A prefix that the API has itself stays; so it is with kubectl.
  if (prefix.startsWith('/api')) return { kind: 'api', path, filterPath: undefined };
  // kubectl's patterns see no slash where nothing follows the prefix.
  return { kind: 'api', path: `/${rest}`, filterPath: rest === '' ? '' : undefined };
}
