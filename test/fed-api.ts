/** An API server of services and endpoint slices, whose watches a test feeds. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export async function startFedApi() {
  const watches = new Map<string, ServerResponse>();
  const lists: string[] = [];
  const items: Record<string, unknown[]> = { services: [], endpointslices: [] };
  let onlyNamespace: string | undefined;
  let loginsRefused = false;
  let watched = Promise.withResolvers<void>();
  const silent = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api');
    const resource = url.pathname.split('/').at(-1) ?? '';
    if (url.pathname === '/version') {
      response.end('{"gitVersion":"v1.36.3"}');
    } else if (loginsRefused) {
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 401, reason: 'Unauthorized' };
      const body = JSON.stringify({ ...status, message: 'Unauthorized' });
      response.writeHead(401, { 'Content-Type': 'application/json' }).end(body);
    } else if (onlyNamespace !== undefined && !url.pathname.includes(`/namespaces/${onlyNamespace}/`)) {
      const message = `${resource} is forbidden at the cluster scope`;
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, reason: 'Forbidden', message };
      response.writeHead(403, { 'Content-Type': 'application/json' }).end(JSON.stringify(status));
    } else if (url.searchParams.get('watch')) {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      watches.set(resource, response);
      response.on('close', () => {
        watches.delete(resource);
        if (watches.size === 0) silent.resolve();
      });
      if (watches.size === 2) watched.resolve();
    } else {
      lists.push(resource);
      const list = { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: items[resource] };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(list));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    items,
    permitOnly: (namespace: string) => {
      onlyNamespace = namespace;
    },
    /** Also ends what is watched, as servers do then. */
    refuseLogins(refused: boolean) {
      loginsRefused = refused;
      if (refused) for (const watch of watches.values()) watch.end();
    },
    lists,
    watched: () => watched.promise,
    silent: () => silent.promise,
    send(resource: string, type: string, object: unknown) {
      watches.get(resource)?.write(`${JSON.stringify({ type, object })}\n`);
    },
    /** Gone at once, as after a crash. */
    async crash() {
      watched = Promise.withResolvers();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
    async rise() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
