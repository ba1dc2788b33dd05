/** A request's method, path and query, parsed once: what every later step goes by. After `apiserver/pkg/endpoints/request`. */
import { isTrue } from '../api/query-boolean.ts';
import { parseFieldSelector, requiredFieldValue } from '../api/selectors/field-selector.ts';
import { badRequest, StatusError } from '../api/status.ts';

export interface RequestInfo {
  /**
   * For resources get, list, watch, create, update, patch, delete, deletecollection (also for connecting
   * subresources); for other paths the method in lower case. '' for a method that no resource knows.
   */
  readonly verb: string;
  readonly isResourceRequest: boolean;
  /** `api` or `apis`; '' where the path is no resource's. */
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** As the client sent it, without the query; never decoded. */
  readonly path: string;
  /** Decoded: resource, name, subresource, and what follows (raw behind `proxy`). */
  readonly parts: readonly string[];
  /** What stands behind the subresource, raw and with its leading slash: the path at the backend for `proxy`. */
  readonly rest: string;
}

/** Subresources of a namespace: `/namespaces/N/status` is no resource inside N. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Throws `StatusError` 400 for a path that could be read in two ways. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const segments = path.slice(1).split('/');
  const grouped = segments[0] === 'apis';
  if (!path.startsWith('/')) throw badRequest('the request target must be a path that begins with a slash');
  if (!grouped && segments[0] !== 'api') return otherPath(method, path);
  if (segments.at(-1) === '' && !segments.includes('proxy')) segments.pop();
  const version = grouped ? 2 : 1;
  if (segments[version + 1] === undefined || segments[version + 1] === '') {
    for (const segment of segments) decodeSegment(segment, path);
    return otherPath(method, path);
  }
  return resourcePath(method, path, query, segments, version);
}

function otherPath(method: string, path: string): RequestInfo {
  return {
    verb: method.toLowerCase(),
    isResourceRequest: false,
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    path,
    parts: [],
    rest: '',
  };
}

function resourcePath(
  method: string,
  path: string,
  query: URLSearchParams,
  segments: readonly string[],
  versionAt: number,
): RequestInfo {
  let at = versionAt + 1;
  const watchPrefix = segments[at] === 'watch' && segments.length > at + 1;
  if (watchPrefix) at += 1;
  let namespace = '';
  if (segments[at] === 'namespaces' && segments[at + 1] !== undefined) {
    namespace = decodeSegment(segments[at + 1] ?? '', path);
    const inside = segments[at + 2];
    if (inside !== undefined && !NAMESPACE_SUBRESOURCES.has(inside)) at += 2;
  }
  const proxied = segments[at + 2] === 'proxy' && !watchPrefix;
  const strictEnd = proxied ? at + 3 : segments.length;
  const decoded = segments.map((segment, index) => (index < strictEnd ? decodeSegment(segment, path) : segment));
  const [resource = '', name = '', subresource = ''] = decoded.slice(at);
  const behind = segments.slice(at + 3);
  const selected = name === '' && method !== 'POST' ? nameInQuery(query) : '';
  return {
    verb: watchPrefix ? 'watch' : resourceVerb(method, name, query),
    isResourceRequest: true,
    apiPrefix: decoded[0] ?? '',
    group: versionAt === 2 ? (decoded[1] ?? '') : '',
    version: decoded[versionAt] ?? '',
    namespace,
    resource,
    subresource,
    name: name === '' ? selected : name,
    path,
    parts: decoded.slice(at),
    rest: behind.length === 0 ? '' : `/${behind.join('/')}`,
  };
}

function resourceVerb(method: string, name: string, query: URLSearchParams): string {
  const verb = VERBS[method] ?? '';
  if (name !== '') return verb;
  if (verb === 'delete') return 'deletecollection';
  if (verb !== 'get') return verb;
  return isTrue(query.get('watch')) ? 'watch' : 'list';
}

/** `fieldSelector=metadata.name=x` names an object, so that rights on that name suffice. */
function nameInQuery(query: URLSearchParams): string {
  const selector = query.get('fieldSelector');
  if (selector === null) return '';
  try {
    const name = requiredFieldValue(parseFieldSelector(selector), 'metadata.name') ?? '';
    return name.includes('/') || name.includes('%') || name === '.' || name === '..' ? '' : name;
  } catch (error) {
    // the verb itself answers what is wrong with the selector
    if (error instanceof StatusError) return '';
    throw error;
  }
}

const PLAIN = /^[\w.:~@$&'()*+,;=!-]+$/;

function decodeSegment(segment: string, path: string): string {
  if (PLAIN.test(segment) && segment !== '.' && segment !== '..') return segment;
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw badRequest(`the path ${JSON.stringify(path)} holds a broken percent-encoding`);
  }
  if (text === '' || text === '.' || text === '..' || /[/%\\\u0000-\u001f\u007f]/.test(text)) {
    throw badRequest(
      `the path ${JSON.stringify(path)} is refused: it has an empty, dot or encoded part (${JSON.stringify(segment)})`,
    );
  }
  return text;
}
