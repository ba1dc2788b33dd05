/** Asks API servers whether they are ready, as kube-apiserver's /readyz tells anybody. */
import type { Observation } from '../net/health/health.ts';
import { headerValue } from '../net/http1/headers.ts';
import { openUpstreamPool } from '../net/http1/pool.ts';
import type { HeaderLines, UpstreamEndpoint } from '../net/http1/upstream.ts';
import type { ApiAccess } from './api-access.ts';
import type { ApiServer } from './api-server.ts';

export interface ReadyzProbe extends AsyncDisposable {
  /**
   * Without credentials, and where strangers are refused or shown something else with those of `access`, if it has any at hand:
   * no login begins for it. On a connection of its own, so that listening is tested too. A server that does not tell, or does
   * not know the path, is well: it answers. One that shows a page or leads elsewhere, as a login before a server does, is none,
   * if it does so to all that requests could show it. Rejects when there is no answer, by the signal too.
   */
  ask(server: ApiServer, signal: AbortSignal, access?: ApiAccess): Promise<Observation>;
}

export function openReadyzProbe(): ReadyzProbe {
  const pool = openUpstreamPool();
  const answerOf = async (endpoint: UpstreamEndpoint, basePath: string, identity: HeaderLines, signal: AbortSignal) => {
    const { status, headers, body } = await pool.request(endpoint, {
      method: 'GET',
      target: `${basePath}/readyz`,
      headers: [['User-Agent', 'fairlead'], ['Connection', 'close'], ...identity],
      guard: 'fresh',
      signal,
    });
    body.destroy();
    const isPage = status < 300 && /^text\/html\b/i.test(headerValue(headers, 'content-type') ?? '');
    const isNone = isPage || (status >= 300 && status < 400);
    return {
      status,
      none: isNone ? `answers ${status}${isPage ? ' with a page' : ''}, as no API server does` : undefined,
    };
  };
  return {
    async ask(server, signal, access) {
      const { anonymous, basePath } = server;
      let answer = await answerOf(anonymous, basePath, [], signal);
      if ((answer.status === 401 || answer.status === 403 || answer.none !== undefined) && access !== undefined) {
        const pass = access.passAtHand();
        // What strangers are shown says nothing of what requests will find.
        if (pass === undefined) return { kind: 'ready' };
        const endpoint = server.endpoint(pass.credentials);
        if (endpoint !== anonymous || pass.headers.length > 0) {
          answer = await answerOf(endpoint, basePath, pass.headers, signal);
        }
      }
      const { status, none } = answer;
      if (none !== undefined) return { kind: 'down', silent: false, reason: `/readyz ${none}` };
      return status >= 500 || status === 429
        ? { kind: 'draining', reason: `/readyz answers ${status}` }
        : { kind: 'ready' };
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
