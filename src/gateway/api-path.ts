/** The path of a request to the API's origin, taken apart once; what could be read in two ways is refused. */

import { hasDotSegment } from './dot-segments.ts';

export interface ApiPath {
  segments: readonly string[];
  /** For `/api/…` and `/apis/…`: what the path names. The core group's name is empty. */
  group: string;
  /** `watch` or `proxy` where the path has it in front of the resource, as long ago. */
  prefixVerb: string;
  resource: string;
  name: string;
  subresource: string;
  /** Segments after the subresource. */
  rest: readonly string[];
}

/** The path is refused; the message says why. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

/**
 * `path` is raw, without the query. Throws PathError for duplicate or encoded slashes, backslashes, dot segments, `#` and
 * broken percent-encoding. Behind `/proxy/` of services and pods the path is an application's: there only `#` and dot
 * segments are refused, encoded ones too.
 */
export function parseApiPath(path: string): ApiPath {
  if (!path.startsWith('/')) throw new PathError('the path does not begin with "/"');
  // Nothing that HTTP knows in a request: some servers end the path there, others do not.
  if (path.includes('#')) throw new PathError('the path has a "#"');
  const raw = path.slice(1).split('/');
  const segments: string[] = [];
  let free = false;
  for (const [i, part] of raw.entries()) {
    const segment = decode(part);
    if (segment === '.' || segment === '..' || (free && hasDotSegment(part)))
      throw new PathError('the path has a "." or ".." segment');
    if (!free) {
      if (part === '' && i < raw.length - 1) throw new PathError('the path has an empty segment ("//")');
      if (/[/\\\0]/.test(segment)) throw new PathError('the path has an encoded slash, a backslash or a zero byte');
    }
    segments.push(segment);
    free ||= isProxy(segments);
  }
  return { segments, ...resourceOf(segments) };
}

function decode(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw new PathError('the path has a percent-encoding that is not UTF-8');
  }
}

function isProxy(segments: readonly string[]): boolean {
  if (segments.at(-1) !== 'proxy') return false;
  const { resource, subresource } = resourceOf(segments);
  // What a kubelet offers is no application: its paths are read as strictly as the API's.
  return subresource === 'proxy' && resource !== 'nodes';
}

/** After the API's own reading of paths (`apiserver/pkg/endpoints/request/requestinfo.go`). */
function resourceOf(segments: readonly string[]): Omit<ApiPath, 'segments'> {
  const start = segments[0] === 'api' ? 2 : segments[0] === 'apis' ? 3 : undefined;
  const group = segments[0] === 'apis' ? (segments[1] ?? '') : '';
  const nothing = { group: '', prefixVerb: '', resource: '', name: '', subresource: '', rest: [] };
  if (start === undefined) return nothing;
  let parts = segments.slice(start);
  const prefixVerb = parts[0] === 'watch' || parts[0] === 'proxy' ? parts[0] : '';
  if (prefixVerb !== '') parts = parts.slice(1);
  if (parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize')
    parts = parts.slice(2);
  const [resource = '', name = '', subresource = '', ...rest] = parts;
  return { group, prefixVerb, resource, name, subresource, rest };
}

const intoPods = new Set(['exec', 'attach']);
/** What a kubelet offers behind `nodes/NAME/proxy` that runs programs in pods. */
const intoNodes = new Set(['exec', 'attach', 'run', 'cri', 'portforward']);

/** True for what leads into running containers: the gateway passes it on only when its user asked for that. */
export function leadsIntoContainers({ resource, subresource, rest }: ApiPath): boolean {
  if (resource === 'pods') return intoPods.has(subresource.toLowerCase());
  return resource === 'nodes' && subresource === 'proxy' && intoNodes.has((rest[0] ?? '').toLowerCase());
}
