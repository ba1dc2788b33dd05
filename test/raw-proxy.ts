/** A proxy of nothing but the parts of the data path, in front of a raw server. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { ConnectionPool } from '../src/net/http1/connections.ts';
import { formatParsedHead } from '../src/net/http1/head.ts';
import { endToEndHeaders, headerValue } from '../src/net/http1/headers.ts';
import { Http1Server } from '../src/net/http1/server.ts';
import { splice } from '../src/net/http1/splice.ts';
import type { UpstreamEndpoint } from '../src/net/http1/upstream.ts';
import type { RawServer } from './raw-sockets.ts';
import { RawClient } from './raw-sockets.ts';

export interface RawProxy extends AsyncDisposable {
  port: number;
  connections: ConnectionPool;
  server: Http1Server;
  open(): Promise<RawClient>;
}

/** A failure is a 502 that tells in X-Can-Retry whether a second try would be safe. */
export async function proxyTo(
  upstream: Pick<RawServer, 'port'>,
  {
    tls,
    ...options
  }: { headTimeoutMs?: number; keepAliveMs?: number; halfOpenMs?: number; tls?: UpstreamEndpoint['tls'] } = {},
): Promise<RawProxy> {
  const connections = new ConnectionPool();
  const endpoint: UpstreamEndpoint = { host: '127.0.0.1', port: upstream.port, ...(tls && { tls }) };
  const clients: RawClient[] = [];
  const server = new Http1Server({
    ...options,
    onRequest(exchange) {
      const { head, upgrade } = exchange;
      const lines = endToEndHeaders(head.headers);
      if (upgrade !== undefined)
        lines.push(['Connection', 'Upgrade'], ['Upgrade', headerValue(head.headers, 'upgrade') ?? '']);
      splice(exchange, {
        connections,
        endpoint,
        target: head.target,
        head: formatParsedHead(`${head.method} ${head.target} HTTP/1.1`, lines),
        watch: head.target.includes('watch=true'),
        onFail: (error, canRetry) =>
          exchange.answer(
            502,
            { 'X-Can-Retry': String(canRetry) },
            error instanceof Error ? error.message : String(error),
          ),
      });
    },
  });
  const listener = createServer({ allowHalfOpen: true }, (socket) => server.accept(socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    connections,
    server,
    async open() {
      const client = await RawClient.open(port);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      listener.close();
      await server.drain(1000);
      await connections[Symbol.asyncDispose]();
    },
  };
}

/** A request without a body; `more` are header lines. */
export const get = (target = '/', more = ''): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
export const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
