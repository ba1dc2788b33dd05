/** A few pages that a program serves of itself, on an address of their own: numbers for Prometheus, a state. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { isLoopback, namesLoopback } from './loopback-host.ts';

export interface StatusPage {
  code?: number;
  type: string;
  body: string;
}

export interface StatusPages extends AsyncDisposable {
  port: number;
}

/**
 * Serves these paths to GET and HEAD, whatever the query; on a loopback address only to those who ask for one by name, so that no
 * site of the internet reaches them by a name of its own. Rejects with the listener's error.
 */
export async function serveStatusPages(
  { host, port }: { host: string; port: number },
  pages: Readonly<Record<string, () => StatusPage>>,
): Promise<StatusPages> {
  const pageFor = (method: string | undefined, url: string, named: string | undefined): StatusPage => {
    const plain = (code: number, body: string): StatusPage => ({ code, type: 'text/plain; charset=utf-8', body });
    if (isLoopback(host) && !namesLoopback(named)) return plain(403, 'Ask for localhost or 127.0.0.1.\n');
    const [path = ''] = url.split('?');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) return plain(404, `Served here: ${Object.keys(pages).join(', ')}\n`);
    return method === 'GET' || method === 'HEAD' ? page() : plain(405, 'GET only\n');
  };
  const server = createServer({ requestTimeout: 10_000 }, ({ method, url = '', headers }, response) => {
    const { code = 200, type, body } = pageFor(method, url, headers.host);
    response.writeHead(code, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }).end(body);
  });
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
