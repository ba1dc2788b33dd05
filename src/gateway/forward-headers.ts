/** Header lines on their way through the gateway. */

import { formatParsedHead } from '../net/http1/head.ts';
import { endToEndHeaders, headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';

type Lines = [name: string, value: string][];

/**
 * The head for the API server: its own Host, the lines that say who asks unless the client brought an Authorization of its
 * own (or says itself as whom it asks), no cookies of other sites.
 */
export function apiRequestHead(
  exchange: ServerExchange,
  target: string,
  { host, identity }: { host: string; identity: HeaderLines },
): string {
  // Cookies of "localhost" belong to every program of this machine that has a web page.
  const sent = askedLines(exchange, ['host', 'cookie', 'origin', 'referer']);
  const authorized = headerValue(sent, 'authorization') !== undefined;
  return finish(exchange, target, [['Host', host], ...sent, ...(authorized ? [] : ownLines(identity, sent))]);
}

/**
 * The head for the API server from a client that showed the gateway's own token: ours says who asks, unless the client
 * says as whom, and all else stays.
 */
export function delegatedRequestHead(
  exchange: ServerExchange,
  target: string,
  { host, identity }: { host: string; identity: HeaderLines },
): string {
  const sent = askedLines(exchange, ['host', 'authorization']);
  return finish(exchange, target, [['Host', host], ...sent, ...ownLines(identity, sent)]);
}

function askedLines({ head }: ServerExchange, without: readonly string[]): Lines {
  return endToEndHeaders(head.headers).filter(([name, value]) => {
    const lower = name.toLowerCase();
    // To the server an empty one is none: it must not take the place of whom the kubeconfig acts as.
    return !without.includes(lower) && (lower !== 'impersonate-user' || value !== '');
  });
}

/** Of ours what the client has not said itself. Whom one acts as is said as a whole: user, groups and extras of two are never mixed. */
function ownLines(identity: HeaderLines, sent: HeaderLines): Lines {
  const impersonates = sent.some(([name]) => /^impersonate-/i.test(name));
  return identity
    .filter(([name]) => !impersonates || name === 'Authorization')
    .map(([name, value]): [string, string] => [name, value]);
}

/** The head for an application: as the browser sent it. `tls`: it is told that the browser speaks https. */
export function appRequestHead(exchange: ServerExchange, target: string, { tls }: { tls: boolean }): string {
  return finish(exchange, target, appLines(exchange, tls));
}

/**
 * The head for an application behind the API server's proxy verb. The browser's Host passes through the API server to the
 * application, unless a front of the API servers may look at it: then `host` is theirs. An
 * Authorization of the application's own cannot pass: the API server takes it for its own.
 */
export function verbRequestHead(
  exchange: ServerExchange,
  target: string,
  { identity, host, tls }: { identity: HeaderLines; host: string | undefined; tls: boolean },
): string {
  const lines = appLines(exchange, tls).filter(([name]) => {
    const lower = name.toLowerCase();
    // Compressed pages would come with links that nobody can put right.
    return (
      lower !== 'authorization' &&
      lower !== 'accept-encoding' &&
      !lower.startsWith('impersonate-') &&
      (lower !== 'host' || host === undefined)
    );
  });
  return finish(exchange, target, [
    ...(host === undefined ? [] : [['Host', host] satisfies [string, string]]),
    ...lines,
    ...identity.map(([name, value]): [string, string] => [name, value]),
  ]);
}

function appLines(exchange: ServerExchange, tls: boolean): Lines {
  const lines: Lines = [];
  for (const line of endToEndHeaders(exchange.head.headers)) {
    const name = line[0].toLowerCase();
    if (
      name === 'x-forwarded-for' ||
      name === 'x-forwarded-proto' ||
      name === 'x-forwarded-host' ||
      name === 'forwarded'
    )
      continue;
    if (name === 'cookie') {
      const kept = withoutOwnCookies(line[1]);
      if (kept !== '') lines.push([line[0], kept]);
    } else lines.push(line);
  }
  // Who comes by a unix socket has none.
  if (exchange.remoteAddress !== '') lines.push(['X-Forwarded-For', exchange.remoteAddress]);
  lines.push(['X-Forwarded-Proto', tls ? 'https' : 'http']);
  const host = headerValue(exchange.head.headers, 'host');
  if (host !== undefined) lines.push(['X-Forwarded-Host', host]);
  return lines;
}

function finish({ head, upgrade, framing }: ServerExchange, target: string, lines: Lines): string {
  if (upgrade !== undefined) {
    const protocol = headerValue(head.headers, 'upgrade') ?? '';
    lines.push(['Connection', 'Upgrade'], ['Upgrade', protocol]);
  }
  if (framing.kind === 'none' && head.minor === 0 && head.method === 'POST') lines.push(['Content-Length', '0']);
  return formatParsedHead(`${head.method} ${target} HTTP/1.1`, lines);
}

/** Cookies of the gateway itself begin with this; they never leave it. */
const ownCookies = /^(?:__Host-)?fairlead-/;

function withoutOwnCookies(value: string): string {
  if (!value.includes('fairlead-')) return value;
  return value
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => !ownCookies.test(cookie))
    .join('; ');
}

/** An application's cookies stay with its own host name: `a.ns.localhost` and `b.ns.localhost` share their domain. */
export function keepCookiesHome(headers: Lines): void {
  for (let i = headers.length - 1; i >= 0; i--) {
    const line = headers[i];
    if (line?.[0].length !== 10 || line[0].toLowerCase() !== 'set-cookie') continue;
    // The gateway's own are not for applications to set.
    if (ownCookies.test(line[1].trimStart())) headers.splice(i, 1);
    else line[1] = line[1].replace(/;\s*domain\s*=[^;]*/gi, '');
  }
}

/**
 * On the API's origin: drops what lets pages of other origins read (the gateway decides that itself), and cookies, which
 * would go to every program of this machine that has a web page on localhost.
 */
export function keepOriginApart(headers: Lines): void {
  for (let i = headers.length - 1; i >= 0; i--) {
    const name = headers[i]?.[0].toLowerCase() ?? '';
    if (name === 'set-cookie' || name === 'clear-site-data' || name.startsWith('access-control-allow-'))
      headers.splice(i, 1);
  }
}
