/** When a request may be sent a second time. */

export interface FailedAttempt {
  method: string;
  /** Origin form. */
  target: string;
  upgrade: boolean;
  /** A byte of the request may have reached the server, or of its body where that was withheld. */
  sent: boolean;
  /** A byte of the response came. */
  responded: boolean;
}

/** Subresources behind which a GET may do anything: what they lead to is a program's own matter. */
const connecting = /\/(?:proxy|exec|attach|portforward)(?:\/|$)/i;

/** By the proxy verb of a service, a pod or a node; `/api/v1/namespaces/N/configmaps/proxy` is nothing but a name. */
const toApplication = /^\/api\/v1\/(?:namespaces\/[^/?]+\/(?:services|pods)|nodes)\/[^/?]+\/proxy(?:[/?]|$)/;

/** An application answers, and not the API server: its 429 and 503 say nothing of the server. `path` is below the server's URL. */
export function leadsToApplication(path: string): boolean {
  return toApplication.test(path);
}

/**
 * True if nothing was sent, or for a GET or HEAD that only reads and of which no response byte came. A write is
 * never sent twice.
 */
export function mayRetry({ method, target, upgrade, sent, responded }: FailedAttempt): boolean {
  if (responded) return false;
  if (!sent) return true;
  if ((method !== 'GET' && method !== 'HEAD') || upgrade) return false;
  return !connecting.test(pathOf(target));
}

/**
 * How a request is sent so that little is left in doubt if the server stops just then. Go's servers close idle connections
 * when they stop, and those on which they have read a head that they have not begun with, all without an answer.
 * `fresh`: on a new connection. `withhold`: the head asks for 100 Continue and the body waits for it (RFC 9110 10.1.1): without
 * its body nothing can have been carried out.
 */
export type Guard = 'none' | 'fresh' | 'withhold';

/** A server that has not answered `Expect` after this time does not know it: the body goes out then. */
export const continueMs = 1000;

export function guardOf({
  hasBody,
  ...request
}: Pick<FailedAttempt, 'method' | 'target' | 'upgrade'> & { hasBody: boolean }): Guard {
  if (mayRetry({ ...request, sent: true, responded: false })) return 'none';
  // What lies behind these may act on the head alone.
  return hasBody && !request.upgrade && !connecting.test(pathOf(request.target)) ? 'withhold' : 'fresh';
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
