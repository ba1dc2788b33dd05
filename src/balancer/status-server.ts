/** Tells how a balancer is, over HTTP: /metrics for Prometheus, /status as JSON, /healthz for whoever watches over it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { isLoopback, namesLoopback } from '../net/loopback-host.ts';
import type { ListenAddress } from './listen-address.ts';
import { addressText } from './listen-address.ts';
import { metricsText } from './metrics.ts';
import type { BalancerStatus } from './start.ts';
import { BalancerListenError } from './start.ts';

export interface StatusServer extends AsyncDisposable {
  /** `ADDRESS:PORT` */
  address: string;
}

/** Rejects with BalancerListenError. */
export async function startStatusServer(listen: ListenAddress, status: () => BalancerStatus): Promise<StatusServer> {
  const pages: Readonly<Record<string, () => [code: number, type: string, body: string]>> = {
    '/metrics': () => [200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(status())],
    '/status': () => [200, 'application/json', `${JSON.stringify(status(), null, 2)}\n`],
    '/healthz': () =>
      status().servers.some(({ state }) => state === 'ready')
        ? [200, 'text/plain', 'ok\n']
        : [503, 'text/plain', 'no API server is ready\n'],
  };
  const server = createServer({ requestTimeout: 10_000 }, ({ method, url = '', headers }, response) => {
    if (isLoopback(listen.host) && !namesLoopback(headers.host)) {
      response.writeHead(403, { 'Content-Type': 'text/plain' }).end('Ask for localhost or 127.0.0.1.\n');
      return;
    }
    const page = Object.hasOwn(pages, url) ? pages[url] : undefined;
    const isRead = method === 'GET' || method === 'HEAD';
    const [code, type, body] =
      page === undefined
        ? [404, 'text/plain', `There are: ${Object.keys(pages).join(', ')}\n`]
        : isRead
          ? page()
          : [405, 'text/plain', 'GET only\n'];
    response.writeHead(code, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }).end(body);
  });
  server.listen(listen.port, listen.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw new BalancerListenError(`Cannot serve metrics on ${addressText(listen)}: ${code}.`);
  }
  const bound = server.address();
  return {
    address: addressText({ ...listen, port: typeof bound === 'object' && bound !== null ? bound.port : listen.port }),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
