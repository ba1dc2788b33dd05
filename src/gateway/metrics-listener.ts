/** `/metrics` on an address of its own, for a Prometheus that comes from elsewhere: nothing else is served there. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback, namesLoopback } from '../net/loopback-host.ts';
import { ListenError } from './listeners.ts';
import { metricsType } from './metrics.ts';

export interface MetricsListener extends AsyncDisposable {
  port: number;
}

/** Any address: what is told are numbers, and the names of contexts and servers. Rejects with ListenError. */
export async function openMetricsListener(
  { host, port }: { host: string; port: number },
  text: () => string,
): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    if (isLoopback(host) && !namesLoopback(request.headers.host)) {
      response.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Ask for localhost or 127.0.0.1.\n');
      return;
    }
    const path = request.url?.split('?')[0];
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Only /metrics is here.\n');
      return;
    }
    response.writeHead(200, { 'Content-Type': metricsType }).end(text());
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ListenError(`The metrics cannot be served on ${host}:${port}: ${why}. Choose another --metrics-address.`);
  }
  const bound = server.address() as AddressInfo;
  return {
    port: bound.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
