/** What the gateway sees of itself, looked at once a second while somebody watches and told where it changed. */
import type { ServerFacts } from '../client/api-servers.ts';
import type { GatewayContexts } from '../gateway/contexts.ts';
import type { GatewaySight } from '../gateway/sight.ts';

export interface SightWatcher {
  /** `key` tells which part it is; `json` is one line. */
  told(key: string, event: 'activity' | 'ports' | 'servers', json: string): void;
}

export interface GatewayFeed {
  /** Tells all of it at once, then what changes. Returns a function that ends it. */
  watch(watcher: SightWatcher): () => void;
  /** Looks now: something was done that changes it. */
  refresh(): void;
}

const everyMs = 1000;
/** A second is too short to tell of a few requests. */
const rateOverMs = 5000;
const longestError = 300;

export function openGatewayFeed({
  contexts,
  sight,
  ownStreams,
  signal,
}: {
  contexts: GatewayContexts;
  sight: GatewaySight | undefined;
  /** Streams of pages, which are requests in flight too: they are not counted. */
  ownStreams(): number;
  signal: AbortSignal;
}): GatewayFeed {
  const watchers = new Set<SightWatcher>();
  const told = new Map<string, { event: 'activity' | 'ports' | 'servers'; json: string }>();
  let running: (() => void) | undefined;
  let samples: { at: number; requests: number }[] = [];

  function tell(key: string, event: 'activity' | 'ports' | 'servers', value: unknown): void {
    const json = JSON.stringify(value);
    if (told.get(key)?.json === json) return;
    told.set(key, { event, json });
    for (const watcher of watchers) watcher.told(key, event, json);
  }

  function look(): void {
    for (const [i, { client, alias }] of contexts.entries()) {
      const servers = client.servers.list().map(shortened);
      const passedOver = [...client.servers.passedOver].map(([url, why]) => ({ url, why }));
      const context = i === 0 ? '' : alias;
      tell(`servers ${context}`, 'servers', { context, servers, passedOver });
    }
    if (sight === undefined) return;
    const { requests, inFlight, ...rest } = sight.activity();
    const now = Date.now();
    samples = [...samples.filter(({ at }) => now - at < rateOverMs), { at: now, requests }];
    const [first] = samples;
    const seconds = first === undefined ? 0 : (now - first.at) / 1000;
    const perSecond = seconds === 0 || first === undefined ? 0 : (requests - first.requests) / seconds;
    tell('activity', 'activity', {
      perSecond: Math.round(perSecond * 10) / 10,
      inFlight: { ...inFlight, api: Math.max(0, inFlight.api - ownStreams()) },
      ...rest,
    });
    tell('ports', 'ports', { opened: sight.ports.list(), mayOpen: sight.ports.open !== undefined });
  }

  function start(): () => void {
    samples = [];
    const timer = setInterval(look, everyMs);
    timer.unref();
    const leave = contexts.map(({ client }) => client.servers.subscribe(look));
    return () => {
      clearInterval(timer);
      for (const each of leave) each();
      told.clear();
      running = undefined;
    };
  }

  signal.addEventListener('abort', () => running?.(), { once: true });
  return {
    watch(watcher) {
      if (!signal.aborted) running ??= start();
      look();
      for (const [key, { event, json }] of told) watcher.told(key, event, json);
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) running?.();
      };
    },
    refresh: look,
  };
}

/** Messages may come from anywhere; what is counted with every probe would be told with every probe. */
function shortened({ lastError, probes: _, ...facts }: ServerFacts): Omit<ServerFacts, 'probes'> {
  return lastError === undefined ? facts : { ...facts, lastError: lastError.slice(0, longestError) };
}
