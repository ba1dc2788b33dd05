/** The services as the page shows them, kept by two informers that all tabs share and that run only while somebody watches. */
import type { KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Service } from '../api/types/core-v1.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { openInformer } from '../client/informer.ts';
import { objectKey } from '../client/object-key.ts';
import type { Ways } from '../gateway/ways.ts';
import { sleepUnlessAborted } from '../lib/abortable-sleep.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { ContextState } from './context-state.ts';
import { troubleOf } from './context-state.ts';
import { viewService } from './service-view.ts';

export interface FeedWatcher {
  /** `json` of the ServiceView, or undefined when the service is gone. */
  changed(key: string, json: string | undefined): void;
  /** `limit`: not all of it may be seen; a sentence. */
  state(state: ContextState, limit: string | undefined): void;
}

export interface ServiceFeed {
  /** Returns a function that ends it. */
  watch(watcher: FeedWatcher): () => void;
}

interface Running {
  stop: AbortController;
  probing: boolean;
  state: ContextState;
}

const byService = 'service';
const probes = { baseMs: 250, maxMs: 5000 };

export function openServiceFeed({
  client,
  context,
  alias,
  ways,
  namespace,
  signal,
  lingerMs,
}: {
  client: ClusterClient;
  context: string | undefined;
  /** Of a context besides the first. */
  alias?: string;
  /** How the gateway gets to them. */
  ways?: Ways;
  /** What is shown where not all namespaces may be seen. */
  namespace?: string;
  signal: AbortSignal;
  /** A reload or a change of tabs finds the informers still there for this long. */
  lingerMs: number;
}): ServiceFeed {
  const watchers = new Set<FeedWatcher>();
  /** What the watchers were told, by `namespace/name`. */
  const views = new Map<string, string>();
  let running: Running | undefined;
  /** Why only `namespace` is asked for. */
  let narrowed: string | undefined;
  let linger: NodeJS.Timeout | undefined;

  function start(): Running {
    const run: Running = { stop: new AbortController(), probing: false, state: { kind: 'starting' } };
    const ended = AbortSignal.any([signal, run.stop.signal]);
    const onError = (error: unknown): void => {
      if (!ended.aborted) void suffer(run, error, ended);
    };
    const query = narrowed === undefined || namespace === undefined ? {} : { namespace };
    const services = openInformer<Service>({
      query,
      resource: client.resource<Service>('v1', 'services'),
      transform: withoutHistory,
      signal: ended,
      onError,
    });
    const slices = openInformer<EndpointSlice>({
      query,
      resource: client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices'),
      indexes: { [byService]: (slice) => [serviceKey(slice)] },
      transform: withoutHistory,
      signal: ended,
      onError,
    });
    const refresh = (key: string): void => {
      const service = services.get(key);
      tell(
        key,
        service && JSON.stringify(viewService(service, slices.byIndex(byService, key), { context, alias, ways })),
      );
    };
    const change = (keys: readonly string[]): void => {
      for (const key of new Set(keys)) if (key !== '') refresh(key);
      settle(run);
    };
    Promise.all([services.synced, slices.synced]).then(
      () => {
        for (const key of new Set([...views.keys(), ...services.list().map(objectKey)])) refresh(key);
        services.onChange((next, previous) => {
          const service = next ?? previous;
          if (service !== undefined) change([objectKey(service)]);
        });
        slices.onChange((next, previous) => change([next, previous].map(serviceKey)));
        const leave = ways?.onChange((key) => change([key.replace(/^service /, '')]));
        if (leave !== undefined) ended.addEventListener('abort', leave, { once: true });
        settle(run);
      },
      // Stopped before the first list was in.
      () => {},
    );
    return run;
  }

  function tell(key: string, json: string | undefined): void {
    if (views.get(key) === json) return;
    if (json === undefined) views.delete(key);
    else views.set(key, json);
    for (const watcher of watchers) watcher.changed(key, json);
  }

  function settle(run: Running): void {
    if (run.state.kind !== 'live') enter(run, { kind: 'live' });
  }

  function enter(run: Running, state: ContextState): void {
    run.state = state;
    for (const watcher of watchers) watcher.state(state, narrowed);
  }

  /**
   * What the server refuses is told at once; where it was not reached, only an outage that lasts. Everything begins anew
   * as soon as it answers.
   */
  async function suffer(run: Running, error: unknown, ended: AbortSignal): Promise<void> {
    if (error instanceof StatusError) {
      if (error.code === 403 && namespace !== undefined && narrowed === undefined && running === run) {
        narrow(namespace, error.message);
        return;
      }
      tellTrouble(run, error);
    }
    if (run.probing) return;
    run.probing = true;
    for (let attempt = 1; ; attempt++) {
      const why = await refusal(ended);
      if (ended.aborted || running !== run) return;
      if (why === undefined) break;
      tellTrouble(run, why);
      await sleepUnlessAborted(backoffMs(attempt, probes), ended);
    }
    run.stop.abort();
    running = start();
  }

  function narrow(only: string, why: string): void {
    narrowed = `Only the namespace "${only}" is shown: ${why}`;
    running?.stop.abort();
    running = start();
    for (const watcher of watchers) watcher.state(running.state, narrowed);
  }

  function tellTrouble(run: Running, error: unknown): void {
    const trouble = troubleOf(error);
    const { state } = run;
    if (state.kind === 'trouble' && state.trouble.text === trouble.text) return;
    enter(run, { kind: 'trouble', trouble });
  }

  /** Undefined where what is watched can be read. */
  async function refusal(ended: AbortSignal): Promise<unknown> {
    const query = { limit: 1, signal: ended, ...(narrowed !== undefined && namespace !== undefined && { namespace }) };
    try {
      await client.resource<Service>('v1', 'services').list(query);
      await client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices').list(query);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  function leave(watcher: FeedWatcher): void {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearTimeout(linger);
    linger = setTimeout(() => {
      running?.stop.abort();
      running = undefined;
      // Rights may have been granted until somebody looks again.
      narrowed = undefined;
      views.clear();
    }, lingerMs);
    linger.unref();
  }

  return {
    watch(watcher) {
      clearTimeout(linger);
      watchers.add(watcher);
      running ??= start();
      for (const [key, json] of views) watcher.changed(key, json);
      watcher.state(running.state, narrowed);
      return () => leave(watcher);
    },
  };
}

/** What the page does not show is not kept. */
function withoutHistory<T extends KubeObject>(object: T): T {
  delete object.metadata.managedFields;
  delete object.metadata.annotations;
  return object;
}

function serviceKey(slice: EndpointSlice | undefined): string {
  const name = slice?.metadata.labels?.['kubernetes.io/service-name'];
  return slice === undefined || name === undefined ? '' : `${slice.metadata.namespace}/${name}`;
}
