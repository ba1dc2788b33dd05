/** Answers of the gateway's own that say what is wrong and what to do: a page for browsers, a Status for programs. */

import type { StatusReason } from '../api/status.ts';
import { StatusError } from '../api/status.ts';
import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { escapeHtml } from './html.ts';

export interface Problem {
  code: number;
  reason: StatusReason;
  /** A short heading: `No service "web" in namespace "shop"`. */
  title: string;
  /** Sentences: what is wrong, where, what to do. */
  message: string;
  /** Further ways on; `href` must be a URL of ours. */
  links?: readonly { href: string; text: string }[];
  /** The port that was asked for carries something that no way leads on. */
  notTcp?: true;
  /** It may pass by itself: pages load again after these seconds, programs are told so. */
  retryAfterSeconds?: number;
}

/** In one line. */
export function problemText({ title, message }: Problem): string {
  return `${title}: ${message}`;
}

/** With its stop, which many messages have already. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** Answers by what the client accepts. `more`: further headers. */
export function answerProblem(
  exchange: ServerExchange,
  problem: Problem,
  more: Readonly<Record<string, string>> = {},
): void {
  const { code, reason } = problem;
  exchange.failure = reason === '' ? 'Choice' : reason;
  // Other messages may quote the request.
  if (reason !== '') exchange.failureText = code >= 500 ? problemText(problem) : problem.title;
  const retry = problem.retryAfterSeconds;
  const headers = {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...more,
    ...(retry === undefined ? {} : { 'Retry-After': String(retry) }),
  };
  if (headerValue(exchange.head.headers, 'accept')?.includes('text/html') === true && exchange.upgrade === undefined) {
    const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    const html = {
      ...headers,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      ...(retry !== undefined && exchange.head.method === 'GET' && { Refresh: String(retry) }),
    };
    exchange.answer(code, html, page(problem));
    return;
  }
  const { status } = new StatusError({ code, reason, message: problemText(problem) });
  exchange.answer(code, { ...headers, 'Content-Type': 'application/json' }, `${JSON.stringify(status)}\n`);
}

function page({ code, title, message, links = [] }: Problem): string {
  const list = links.map(({ href, text }) => `<li><a href="${escapeHtml(href)}">${escapeHtml(text)}</a></li>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.4rem; margin: 0 0 .5rem } p { white-space: pre-line } .code { opacity: .6; margin: 0 }
</style></head>
<body><p class="code">Fairlead · ${code}</p><h1>${escapeHtml(title)}</h1><p>${escapeHtml(message)}</p>${list === '' ? '' : `<ul>${list}</ul>`}</body></html>
`;
}
