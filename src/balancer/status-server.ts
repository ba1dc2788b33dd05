/** Tells how a balancer is, over HTTP: /metrics for Prometheus, /status as JSON, /healthz for whoever watches over it. */
import { metricsMediaType, metricsText } from '../net/prometheus.ts';
import { serveStatusPages } from '../net/status-pages.ts';
import type { ListenAddress } from './listen-address.ts';
import { addressText } from './listen-address.ts';
import { balancerMetrics } from './metrics.ts';
import type { BalancerStatus } from './start.ts';
import { BalancerListenError } from './start.ts';

export interface StatusServer extends AsyncDisposable {
  /** `ADDRESS:PORT` */
  address: string;
}

/** Rejects with BalancerListenError. */
export async function startStatusServer(listen: ListenAddress, status: () => BalancerStatus): Promise<StatusServer> {
  try {
    const pages = await serveStatusPages(listen, {
      '/metrics': () => ({ type: metricsMediaType, body: metricsText(balancerMetrics(status())) }),
      '/status': () => ({ type: 'application/json', body: `${JSON.stringify(status(), null, 2)}\n` }),
      '/healthz': () =>
        status().servers.some(({ state }) => state === 'ready')
          ? { type: 'text/plain', body: 'ok\n' }
          : { code: 503, type: 'text/plain', body: 'no API server is ready\n' },
    });
    const address = addressText({ ...listen, port: pages.port });
    return { address, [Symbol.asyncDispose]: () => pages[Symbol.asyncDispose]() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw new BalancerListenError(`Cannot serve metrics on ${addressText(listen)}: ${code}.`);
  }
}
