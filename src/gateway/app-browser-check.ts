/** Keeps web sites from acting on applications of the cluster through the browser of whoever runs the gateway. */

import type { RequestHead } from '../net/http1/head.ts';
import { headerValue, headerValues } from '../net/http1/headers.ts';
import { isUnmistakable } from './cluster-name.ts';
import type { GatewayNames } from './host.ts';
import { parseHost } from './host.ts';

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
/** As browsers write an origin (RFC 6454 6.2) whose host is this machine by its name. */
const loopbackOrigin = new RegExp(
  `^https?://(?:(?:[a-z0-9_-]+\\.)*localhost|127(?:\\.${octet}){3}|\\[::1\\])(?::\\d{1,5})?$`,
  'i',
);

/**
 * Undefined: the request may go to the application. Else why not, naming the origin that asked. Reads pass from
 * anywhere, as links do; what changes state, and upgrades, only from pages of this machine and from programs, which send
 * neither `Origin` nor `Sec-Fetch-Site`. Whether its pages may act on one another is the application's own affair.
 */
export function foreignOriginReason(head: RequestHead, upgrade: boolean, names?: GatewayNames): string | undefined {
  const { method, headers } = head;
  if (!upgrade && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')) return undefined;
  const site = headerValue(headers, 'sec-fetch-site');
  const origins = headerValues(headers, 'origin');
  const does = upgrade ? 'open connections to' : 'act on';
  const why = `may not ${does} applications of the cluster through this gateway (${method}): only pages of this machine may, those of localhost and names below it`;
  for (const origin of origins) {
    if (
      loopbackOrigin.test(origin) ||
      isOwnName(origin, names) ||
      isClusterOrigin(origin, headerValue(headers, 'host'))
    )
      continue;
    if (origin !== 'null') return `a page of ${JSON.stringify(origin.slice(0, 200))} ${why}`;
    // A page that hides where it is from by its referrer policy; one in a sandbox or behind a redirect is cross-site.
    if (site === 'same-origin' || site === 'same-site' || site === 'none') continue;
    return `a page that hides its origin ("null") ${why}`;
  }
  if (origins.length === 0 && site === 'cross-site') return `a page of another site, which named no origin, ${why}`;
  return undefined;
}

/** True for pages of the gateway's own names, its domain's among them. */
function isOwnName(origin: string, names: GatewayNames | undefined): boolean {
  const host = /^https?:\/\/([^/@\s]+)$/.exec(origin)?.[1];
  return host !== undefined && parseHost(host, names) !== undefined;
}

/**
 * True for pages that came through the gateway as a proxy: of a name that only a cluster has, or of the very application
 * that is asked (`SERVICE.NAMESPACE` alone could be a name of the internet).
 */
function isClusterOrigin(origin: string, host: string | undefined): boolean {
  const [, name = '', port = ''] = /^https?:\/\/([a-z0-9.-]+)(:\d{1,5})?$/.exec(origin) ?? [];
  return isUnmistakable(name) || (name !== '' && `${name}${port}` === host?.toLowerCase());
}
