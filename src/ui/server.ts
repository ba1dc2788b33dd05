/** The gateway's page: its files, and one stream of server-sent events that keeps every open tab up to date. */
import type { ClusterClient } from '../client/cluster-client.ts';
import type { GatewayContexts, UnusableContext } from '../gateway/contexts.ts';
import type { PageHandler, PageRequest, PageResponse } from '../gateway/page-handler.ts';
import type { GatewaySight } from '../gateway/sight.ts';
import { EventStream } from './event-stream.ts';
import { openGatewayFeed } from './gateway-feed.ts';
import { contextFacts, type PageFacts, probeOrigin, suffixFor, suggestions } from './page-facts.ts';
import { pageHeaders, sendPageFile } from './page-files.ts';
import { answerPortRequest, portsPath } from './port-requests.ts';
import { openServiceFeed, type ServiceFeed } from './service-feed.ts';

export interface UiOptions {
  contexts: GatewayContexts;
  /** Contexts that were asked for and cannot be served. */
  unusable?: readonly UnusableContext[];
  /** What the gateway shows of itself. */
  sight?: GatewaySight;
  /** The name by which people know the first cluster, where the kubeconfig does not say it. */
  clusterName?: string;
  /** True where the built-in images of Fairlead exist. */
  embedded?: boolean;
  /** Ends every stream. */
  signal: AbortSignal;
  /** How long the clusters are watched on after the last tab closed, for the next one; default 10 seconds. */
  lingerMs?: number;
}

/** A browser opens six streams at most; this is for scripts gone wild. */
const mostStreams = 100;
const eventHeaders = { ...pageHeaders, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };

interface FollowedContext {
  /** Empty for the first, else its alias. */
  id: string;
  client: ClusterClient;
  feed: ServiceFeed;
}

/** Serves `/` (to browsers; other clients get the API's answer there) and what lies under `/.fairlead/`. */
export function uiHandler(options: UiOptions): PageHandler {
  const { contexts, sight, signal, lingerMs = 10_000 } = options;
  const suffixes = sight?.suffixes ?? ['.localhost'];
  let streams = 0;
  const gateway = openGatewayFeed({ contexts, sight, ownStreams: () => streams, signal });
  const followed = contexts.map(({ name, alias, client, config, ways }, i): FollowedContext => {
    const feed = openServiceFeed({
      client,
      context: name,
      ...(i > 0 && { alias }),
      ways,
      namespace: config.namespace,
      signal,
      lingerMs,
    });
    return { id: i === 0 ? '' : alias, client, feed };
  });

  /** Returns a function that ends the stream. */
  function follow(request: PageRequest, response: PageResponse): () => void {
    const { unusable = [], clusterName, embedded = false } = options;
    const events = new EventStream(response.stream(200, eventHeaders));
    const suffix = suffixFor(request.origin, suffixes);
    const probe = probeOrigin(request, suffixes);
    const facts: PageFacts = {
      contexts: contextFacts(contexts, unusable, clusterName),
      suggestions: suggestions(contexts[0], embedded),
      ...(suffix !== undefined && { suffix }),
      ...(probe !== undefined && { probe }),
    };
    events.put('begin', 'begin', JSON.stringify(facts));
    const leaveGateway = gateway.watch({ told: (key, event, json) => events.put(key, event, json) });
    const leave = followed.map(({ id, client, feed }) => {
      serverVersion(client, request.signal).then((version) => {
        if (version !== undefined) events.put(`version ${id}`, 'version', JSON.stringify({ context: id, version }));
      });
      return feed.watch({
        changed(key, json) {
          const named = id === '' ? key : `${id}:${key}`;
          if (json === undefined) events.put(`service ${named}`, 'drop', JSON.stringify(named));
          else events.put(`service ${named}`, 'put', json);
        },
        state(state, limit) {
          const told = { context: id, ...state, ...(limit !== undefined && { limit }) };
          // Behind the services that it speaks for.
          events.putLast(`state ${id}`, 'context', JSON.stringify(told));
        },
      });
    });
    return () => {
      leaveGateway();
      for (const each of leave) each();
      events.end();
    };
  }

  return (request, response) => {
    const { method, path } = request;
    if (path === portsPath && (method === 'POST' || method === 'DELETE')) {
      return answerPortRequest(request, response, sight?.ports).then(() => {
        gateway.refresh();
        return true;
      });
    }
    if (method !== 'GET' && method !== 'HEAD') return false;
    if (path === '/' && !wantsHtml(request)) return false;
    if (path !== '/.fairlead/events') return sendPageFile(request, response, probeOrigin(request, suffixes));
    if (method === 'HEAD') {
      response.send(200, eventHeaders, '');
    } else if (streams >= mostStreams) {
      response.send(503, { ...pageHeaders, 'Content-Type': 'text/plain; charset=utf-8' }, 'Too many pages are open.\n');
    } else {
      streams++;
      const end = follow(request, response);
      const either = AbortSignal.any([request.signal, signal]);
      const leave = (): void => {
        streams--;
        end();
      };
      if (either.aborted) leave();
      else either.addEventListener('abort', leave, { once: true });
    }
    return true;
  };
}

function wantsHtml({ headers }: PageRequest): boolean {
  return headers.get('accept')?.includes('text/html') ?? false;
}

const longestVersion = 60;

/** `v1.36.3`; undefined when the cluster does not say. */
async function serverVersion(client: ClusterClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await client.request({ method: 'GET', path: '/version', signal });
    const body: unknown = JSON.parse(Buffer.concat(await answer.body.toArray({ signal })).toString());
    if (typeof body !== 'object' || body === null || !('gitVersion' in body)) return undefined;
    return typeof body.gitVersion === 'string' ? body.gitVersion.slice(0, longestVersion) : undefined;
  } catch {
    return undefined;
  }
}
