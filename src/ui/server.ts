/** The gateway's page: its files, and one stream of server-sent events that keeps every open tab up to date. */
import type { ClusterClient } from '../client/cluster-client.ts';
import type { PageHandler, PageRequest, PageResponse } from '../gateway/page-handler.ts';
import type { Ways } from '../gateway/ways.ts';
import { EventStream } from './event-stream.ts';
import { kubectlFor } from './kubectl-line.ts';
import { pageHeaders, sendPageFile } from './page-files.ts';
import { openServiceFeed, type ServiceFeed } from './service-feed.ts';

/** What the page says of the cluster. */
export interface ClusterFacts {
  /** The name people know it by. */
  cluster: string;
  context?: string;
  /** The API server's address. */
  server: string;
  /** True where the built-in images of Fairlead exist. */
  embedded?: boolean;
}

/** A further context behind the same gateway: its cluster, or why there is none. */
export type OtherContext = { name: string; alias: string } & (
  | { client: ClusterClient; ways?: Ways; namespace?: string }
  | { why: string }
);

export interface UiOptions {
  client: ClusterClient;
  facts: ClusterFacts;
  /** What is shown where not all namespaces may be seen: the one of the context. */
  namespace?: string;
  /** How the gateway gets to the services of the first context. */
  ways?: Ways;
  others?: readonly OtherContext[];
  /** Ends every stream. */
  signal: AbortSignal;
  /** How long the cluster is watched on after the last tab closed, for the next one; default 10 seconds. */
  lingerMs?: number;
}

/** A browser opens six streams at most; this is for scripts gone wild. */
const mostStreams = 100;

/** Serves `/` (to browsers; other clients get the API's answer there) and what lies under `/.fairlead/`. */
export function uiHandler({
  client,
  facts,
  namespace,
  ways,
  others = [],
  signal,
  lingerMs = 10_000,
}: UiOptions): PageHandler {
  const feed = openServiceFeed({
    client,
    context: facts.context,
    ...(ways && { ways }),
    ...(namespace && { namespace }),
    signal,
    lingerMs,
  });
  const further = others.map((other) => ({ ...other, feed: feedOf(other, { signal, lingerMs }) }));
  let streams = 0;
  return (request, response) => {
    if (request.path === '/' && !wantsHtml(request)) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    if (request.path !== '/.fairlead/events') return sendPageFile(request, response);
    if (request.method === 'HEAD') {
      response.send(200, eventHeaders, '');
    } else if (streams >= mostStreams) {
      response.send(503, { ...pageHeaders, 'Content-Type': 'text/plain; charset=utf-8' }, 'Too many pages are open.\n');
    } else {
      streams++;
      const end = follow(request, response, { client, feed, facts, further });
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

const eventHeaders = { ...pageHeaders, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };

function wantsHtml({ headers }: PageRequest): boolean {
  return headers.get('accept')?.includes('text/html') ?? false;
}

interface FurtherContext {
  name: string;
  alias: string;
  feed: ServiceFeed | string;
}

interface Followed {
  client: ClusterClient;
  feed: ServiceFeed;
  facts: ClusterFacts;
  further: readonly FurtherContext[];
}

/** Or why there is none. */
function feedOf(other: OtherContext, common: { signal: AbortSignal; lingerMs: number }): ServiceFeed | string {
  if ('why' in other) return other.why;
  const { client, name, alias, ways, namespace } = other;
  return openServiceFeed({
    client,
    context: name,
    alias,
    ...(ways && { ways }),
    ...(namespace && { namespace }),
    ...common,
  });
}

/** What becomes of one context is told apart from the others. Returns a function that ends it. */
function followFurther(events: EventStream, { name, alias, feed }: FurtherContext): () => void {
  const tell = (trouble?: string): void =>
    events.put(
      `context ${alias}`,
      'context',
      JSON.stringify({ name, alias, ...(trouble !== undefined && { trouble }) }),
    );
  let limit: string | undefined;
  if (typeof feed === 'string') {
    tell(feed);
    return () => {};
  }
  return feed.watch({
    changed(key, json) {
      const named = `${alias}:${key}`;
      if (json === undefined) events.put(`service ${named}`, 'drop', JSON.stringify(named));
      else events.put(`service ${named}`, 'put', json);
    },
    complete: () => tell(limit),
    trouble: tell,
    narrowed: (sentence) => {
      limit = sentence;
      tell(sentence);
    },
  });
}

/** Returns a function that ends the stream. */
function follow(request: PageRequest, response: PageResponse, { client, feed, facts, further }: Followed): () => void {
  const events = new EventStream(response.stream(200, eventHeaders));
  events.put('begin', 'begin', JSON.stringify({ ...facts, suggestions: suggestions(facts, facts.embedded === true) }));
  const leave = feed.watch({
    changed(key, json) {
      if (json === undefined) events.put(`service ${key}`, 'drop', JSON.stringify(key));
      else events.put(`service ${key}`, 'put', json);
    },
    complete: () => events.put('state', 'complete', '{}'),
    trouble: (sentence) => events.put('state', 'trouble', JSON.stringify(sentence)),
    narrowed: (trouble) => {
      const name = facts.context ?? facts.cluster;
      events.put('limit', 'context', JSON.stringify({ name, alias: '', trouble }));
    },
  });
  const leaveFurther = further.map((context) => followFurther(events, context));
  serverVersion(client, request.signal).then((version) => {
    if (version === undefined) return;
    const embedded = facts.embedded === true || version.endsWith('+fairlead');
    events.put('facts', 'facts', JSON.stringify({ ...facts, version, suggestions: suggestions(facts, embedded) }));
  });
  return () => {
    leave();
    for (const leaveOne of leaveFurther) leaveOne();
    events.end();
  };
}

/** `v1.36.3`; undefined when the cluster does not say. */
async function serverVersion(client: ClusterClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await client.request({ method: 'GET', path: '/version', signal });
    const body: unknown = JSON.parse(Buffer.concat(await answer.body.toArray({ signal })).toString());
    if (typeof body !== 'object' || body === null || !('gitVersion' in body)) return undefined;
    return typeof body.gitVersion === 'string' ? body.gitVersion : undefined;
  } catch {
    return undefined;
  }
}

/** What to type for a first service, with an image that the cluster has. */
function suggestions({ context }: ClusterFacts, embedded: boolean): string[] {
  const image = embedded ? 'fairlead.local/echo' : 'nginx';
  const port = embedded ? 8080 : 80;
  const kubectl = kubectlFor(context);
  return [
    `${kubectl} create deployment hello --image=${image}`,
    `${kubectl} expose deployment hello --port=80 --target-port=${port}`,
  ];
}
