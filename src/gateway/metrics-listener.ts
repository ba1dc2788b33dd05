/** `/metrics` on an address of its own, for a Prometheus that comes from elsewhere: nothing else is served there. */
import { metricsMediaType } from '../net/prometheus.ts';
import { type StatusPages, serveStatusPages } from '../net/status-pages.ts';
import { ListenError } from './listeners.ts';

/** Any address: what is told are numbers, and the names of contexts and servers. Rejects with ListenError. */
export async function openMetricsListener(
  { host, port }: { host: string; port: number },
  text: () => string,
): Promise<StatusPages> {
  try {
    return await serveStatusPages({ host, port }, { '/metrics': () => ({ type: metricsMediaType, body: text() }) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ListenError(`The metrics cannot be served on ${host}:${port}: ${why}. Choose another --metrics-address.`);
  }
}
