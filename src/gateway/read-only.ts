/** `--read-only`: what changes nothing in the cluster and leads nowhere else, by verb and subresource. */
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { ApiPath } from './api-path.ts';
import { PathError, parseApiPath } from './api-path.ts';

/**
 * POSTs that only ask: whether somebody may do something, who one is. Not TokenReview (it would be an oracle for
 * others' tokens) and not TokenRequest.
 */
const questions = new Map([
  [
    'authorization.k8s.io',
    new Set([
      'selfsubjectaccessreviews',
      'selfsubjectrulesreviews',
      'subjectaccessreviews',
      'localsubjectaccessreviews',
    ]),
  ],
  ['authentication.k8s.io', new Set(['selfsubjectreviews'])],
]);

/** Subresources that lead into pods, nodes or applications: what happens there cannot be told from the method. */
const waysOn = new Set(['proxy', 'exec', 'attach', 'portforward', 'run', 'cri', 'debug']);
/** Undefined: the request may pass. Else why not. */
export function readOnlyReason(
  { method, upgrade }: { method: string; upgrade: boolean },
  parsed: ApiPath,
): string | undefined {
  const why = reason({ method, upgrade }, parsed);
  return why && `this gateway only reads (--read-only), and ${why}`;
}

function reason({ method, upgrade }: { method: string; upgrade: boolean }, parsed: ApiPath): string | undefined {
  const { group, resource, name, subresource, prefixVerb } = parsed;
  if (upgrade) return 'it would open a connection into the cluster';
  if (prefixVerb === 'proxy') return 'it leads into an application';
  if (waysOn.has(subresource.toLowerCase())) return `${resource}/${subresource} leads into the cluster`;
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return undefined;
  if (method === 'POST' && name === '' && subresource === '' && questions.get(group)?.has(resource) === true)
    return undefined;
  return `${method} may change the cluster`;
}

/** The same for a target whose path is not taken apart yet: what could be read in two ways does not pass either. */
export function readOnlyPathReason({ head, upgrade }: ServerExchange, target: string): string | undefined {
  try {
    const path = parseApiPath(target.replace(/\?.*$/s, ''));
    return readOnlyReason({ method: head.method, upgrade: upgrade !== undefined }, path);
  } catch (error) {
    if (error instanceof PathError) return error.message;
    throw error;
  }
}
