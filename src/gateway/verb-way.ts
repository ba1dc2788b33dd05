/** The second way to an application: HTTP through the API server's proxy verb, with what the verb changes undone. */
import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { ApiUpstream } from './api-upstream.ts';
import * as problems from './app-problems.ts';
import type { Destination } from './destination.ts';
import { hasDotSegment } from './dot-segments.ts';
import { RefusalExplainer } from './explain-refusal.ts';
import { verbRequestHead } from './forward-headers.ts';
import { answerProblem } from './problem.ts';
import { PrefixRemover } from './remove-prefix.ts';

type Lines = [name: string, value: string][];

/** `path` is the application's own. `rewriteHeaders` is called after the verb's changes are undone. */
export function forwardByVerb(
  exchange: ServerExchange,
  {
    destination,
    path,
    upstream,
    rewriteHeaders,
  }: {
    destination: Destination;
    path: string;
    upstream: ApiUpstream;
    rewriteHeaders(headers: Lines): void;
  },
): void {
  // A front of the API servers may take such segments out, and would ask for what is left with the user's rights.
  if (hasDotSegment(path.replace(/\?.*$/s, ''))) {
    answerProblem(exchange, problems.dotSegments());
    return;
  }
  const prefix = destination.verbPath;
  upstream.forward(exchange, {
    target: `${prefix}${path.startsWith('/') ? '' : '/'}${path}`,
    toApp: true,
    // A path before the API's own tells of a front that leads to several clusters, which may look at Host.
    head: (target, { host, basePath, identity }) =>
      verbRequestHead(exchange, target, {
        identity,
        host: basePath === '' ? undefined : host,
        tls: destination.wantsTls || exchange.encrypted,
      }),
    rewriteHeaders: (headers) => {
      withoutPrefix(headers, prefix);
      rewriteHeaders(headers);
    },
    transformBody: ({ status, headers }) => {
      if (isPlainHtml(headers)) return new PrefixRemover(prefix);
      const refused = status === 403 && headerValue(headers, 'content-type')?.startsWith('application/json') === true;
      return refused ? new RefusalExplainer(destination.whyNotPortForward ?? 'it was refused') : undefined;
    },
  });
}

/** The verb puts its prefix into redirects; some servers do so with cookies too. */
export function withoutPrefix(headers: Lines, prefix: string): void {
  for (const line of headers) {
    const name = line[0].toLowerCase();
    if (name === 'location') {
      const rest = restAfter(line[1].replace(/^(?:https?:)?\/\/[^/]*(?=\/api\/)/i, ''), prefix);
      if (rest !== undefined) line[1] = pathOfHost(rest);
    } else if (name === 'set-cookie') {
      line[1] = line[1].replace(/(;\s*path\s*=\s*)([^;]*)/i, (all, before: string, path: string) => {
        const rest = restAfter(path, prefix);
        return rest === undefined ? all : `${before}${rest === '' ? '/' : rest}`;
      });
    }
  }
}

/** Where two slashes would begin the name of another host, they stay those of a path. */
function pathOfHost(path: string): string {
  if (path === '') return '/';
  return /^\/[/\\]/.test(path) ? `/.${path}` : path;
}

function restAfter(text: string, prefix: string): string | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const rest = text.slice(prefix.length);
  return /^(?:$|[/?#])/.test(rest) ? rest : undefined;
}

function isPlainHtml(headers: readonly (readonly [string, string])[]): boolean {
  const type = headerValue(headers, 'content-type') ?? '';
  const coding = headerValue(headers, 'content-encoding') ?? 'identity';
  return /^text\/html\s*(?:;|$)/i.test(type) && coding === 'identity';
}
