/** Asks API servers whether they are ready, as kube-apiserver's /readyz tells anybody, without credentials. */
import type { Observation } from '../net/health/health.ts';
import { openUpstreamPool } from '../net/http1/pool.ts';
import type { UpstreamEndpoint } from '../net/http1/upstream.ts';

export interface ReadyzProbe extends AsyncDisposable {
  /**
   * On a connection of its own, so that listening is tested too. A server that does not tell strangers (401, 403), or does
   * not know the path, is well: it answers. Rejects when there is no answer, by the signal too.
   */
  ask(endpoint: UpstreamEndpoint, basePath: string, signal: AbortSignal): Promise<Observation>;
}

export function openReadyzProbe(): ReadyzProbe {
  const pool = openUpstreamPool();
  return {
    async ask(endpoint, basePath, signal) {
      const { status, body } = await pool.request(endpoint, {
        method: 'GET',
        target: `${basePath}/readyz`,
        headers: [
          ['User-Agent', 'fairlead'],
          ['Connection', 'close'],
        ],
        guard: 'fresh',
        signal,
      });
      body.destroy();
      return status >= 500 || status === 429
        ? { kind: 'draining', reason: `/readyz answers ${status}` }
        : { kind: 'ready' };
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
