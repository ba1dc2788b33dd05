/** When a request may be sent a second time. */

export interface FailedAttempt {
  method: string;
  /** Origin form. */
  target: string;
  upgrade: boolean;
  /** A byte of the request may have reached the server. */
  sent: boolean;
  /** A byte of the response came. */
  responded: boolean;
}

/** Subresources behind which a GET may do anything: what they lead to is a program's own matter. */
const connecting = /\/(?:proxy|exec|attach|portforward)(?:\/|$)/i;

/**
 * True if nothing was sent, or for a GET or HEAD that only reads and of which no response byte came. A write is
 * never sent twice.
 */
export function mayRetry({ method, target, upgrade, sent, responded }: FailedAttempt): boolean {
  if (responded) return false;
  if (!sent) return true;
  if ((method !== 'GET' && method !== 'HEAD') || upgrade) return false;
  const query = target.indexOf('?');
  return !connecting.test(query === -1 ? target : target.slice(0, query));
}
