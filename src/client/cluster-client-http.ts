/** `ClusterClient` over HTTP: the way in for everything that reaches a cluster. */

import { apiRoot, parseApiVersion } from '../api/group-version.ts';
import type { KubeObject } from '../api/object.ts';
import { openUpstreamPool } from '../net/http1/pool.ts';
import type { UpstreamPool } from '../net/http1/upstream.ts';
import type { ApiServers } from './api-servers.ts';
import type { ClientConfig } from './client-config.ts';
import type { ClusterClient, PartialObject } from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import { headerMap } from './header-map.ts';
import { openApiServers } from './open-api-servers.ts';
import type { StreamOpener } from './open-stream.ts';
import type { PortForwards } from './port-forward/port-forwards.ts';
import { resourceClient, timedOut } from './resource-client.ts';
import { whenRead } from './response-body.ts';
import { Transport } from './transport.ts';

export interface ClusterClientOptions {
  pool?: UpstreamPool;
  /** Those of the same configuration. */
  servers?: ApiServers;
  /** Objects come and go with `bigint`s for integers that a number would round (`parseExactJson`). */
  exactIntegers?: boolean;
}

/** Connects lazily. Disposing it ends every request, watch and connection (a pool or servers that were given stay open). */
export function openClusterClient(config: ClientConfig, options: ClusterClientOptions = {}): ClusterClient {
  const pool = options.pool ?? openUpstreamPool();
  const servers = options.servers ?? openApiServers(config);
  const transport = new Transport(config, servers, pool);
  const closing = new AbortController();
  const closed = closing.signal;
  const { requestTimeoutMs } = config;
  const { exactIntegers = false } = options;
  const open = <T extends KubeObject>(apiVersion: string, plural: string, metadataOnly: boolean) => {
    const groupVersion = parseApiVersion(apiVersion);
    if (groupVersion === undefined) throw new TypeError(`not an apiVersion: ${JSON.stringify(apiVersion)}`);
    return resourceClient<T>({
      transport,
      root: apiRoot(groupVersion),
      plural,
      metadataOnly,
      closed,
      requestTimeoutMs,
      exactIntegers,
    });
  };
  // Only with the first one: cryptography would be a third of what importing the client costs.
  let opener: Promise<StreamOpener> | undefined;
  let forwards: Promise<PortForwards> | undefined;
  const untilClosed = (signal: AbortSignal | undefined) =>
    signal === undefined ? closed : AbortSignal.any([signal, closed]);
  const openStream: ClusterClient['openStream'] = async (request) => {
    opener ??= import('./open-stream.ts').then(({ StreamOpener }) => new StreamOpener(transport));
    return (await opener).open({ ...request, signal: untilClosed(request.signal) });
  };
  return {
    closed,
    servers,
    resource: <T extends KubeObject>(apiVersion: string, plural: string) => open<T>(apiVersion, plural, false),
    metadata: (apiVersion, plural) => open<PartialObject>(apiVersion, plural, true),
    async request({ method, path, headers = {}, body, signal = closed }) {
      const deadline = startDeadline(signal, requestTimeoutMs, closed);
      const tried = { server: transport.server };
      try {
        const lines = Object.entries(headers);
        const response = await transport.send({
          method,
          path,
          headers: lines,
          body,
          signal: deadline.signal,
          tried,
        });
        // The limit is for the answer's head: what follows may be a log that goes on for hours.
        deadline.stopClock();
        whenRead(response, method, () => deadline[Symbol.dispose]());
        return { ...tried, status: response.status, headers: headerMap(response.headers), body: response.body };
      } catch (error) {
        deadline[Symbol.dispose]();
        throw deadline.expired ? timedOut(tried.server, requestTimeoutMs) : error;
      }
    },
    async openWebSocket({ path, subprotocols, signal }) {
      // Only now: cryptography would be a third of what importing the client costs.
      const { openWebSocket } = await import('./open-web-socket.ts');
      return openWebSocket({ transport, path, subprotocols, signal: untilClosed(signal) });
    },
    openStream,
    async portForward(request) {
      forwards ??= import('./port-forward/port-forwards.ts').then(
        ({ PortForwards }) => new PortForwards({ openStream }),
      );
      const signal = untilClosed(request.signal);
      signal.throwIfAborted();
      return (await forwards).connect({ ...request, signal });
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new DOMException('the client was closed', 'AbortError'));
      await (await opener)?.close();
      if (options.servers === undefined) await servers[Symbol.asyncDispose]();
      if (options.pool === undefined) await pool[Symbol.asyncDispose]();
    },
  };
}
