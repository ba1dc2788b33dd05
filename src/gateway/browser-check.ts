/** Keeps web pages of other origins away from the API's origin, where requests carry the user's rights. */

import type { RequestHead } from '../net/http1/head.ts';
import { headerValue } from '../net/http1/headers.ts';

/**
 * Undefined: the request may pass. Else why not. Browsers send `Origin` with everything that changes state, with
 * WebSockets and with CORS requests, and newer ones `Sec-Fetch-Site` with all; other programs send neither.
 * `secure`: it came over TLS. `toApp`: the path leads into an application behind the API's proxy verb, whose page (sandboxed, so of no origin)
 * loads its own parts.
 */
export function crossOriginReason(
  head: RequestHead,
  { upgrade, toApp, secure }: { upgrade: boolean; toApp: boolean; secure: boolean },
): string | undefined {
  const safe = (head.method === 'GET' || head.method === 'HEAD') && !upgrade;
  const origin = headerValue(head.headers, 'origin');
  const host = headerValue(head.headers, 'host')?.toLowerCase();
  if (
    origin !== undefined &&
    origin.toLowerCase() !== `${secure ? 'https' : 'http'}://${host}` &&
    !(safe && toApp && origin === 'null')
  ) {
    return `a page of ${origin.slice(0, 200)} may not use the cluster's API through this gateway`;
  }
  const site = headerValue(head.headers, 'sec-fetch-site');
  if (site === undefined || site === 'same-origin' || site === 'none' || (safe && toApp)) return undefined;
  // Following a link is allowed: the page it comes from cannot read the answer.
  if (safe && headerValue(head.headers, 'sec-fetch-mode') === 'navigate') return undefined;
  return "a page of another origin may not use the cluster's API through this gateway";
}
