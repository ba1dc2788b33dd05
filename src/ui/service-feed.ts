/** The services as the page shows them, kept by two informers that all tabs share and that run only while somebody watches. */
import type { Service } from '../api/types/core-v1.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import type { ClusterClient, Informer } from '../client/cluster-client.ts';
import { openInformer } from '../client/informer.ts';
import { viewService } from './service-view.ts';

/** A reload or a change of tabs finds the informers still there. */
const lingerMs = 10_000;

export interface FeedWatcher {
  /** `json` of the ServiceView, or undefined when the service is gone. */
  changed(key: string, json: string | undefined): void;
  /** All that there is has been told. Comes again when the cluster was away and is back. */
  complete(): void;
  /** The cluster does not answer; a sentence. */
  trouble(sentence: string): void;
}

export interface ServiceFeed {
  /** Returns a function that ends it. */
  watch(watcher: FeedWatcher): () => void;
}

interface Running {
  stop: AbortController;
  views: Map<string, string>;
  state: 'starting' | 'complete' | { trouble: string };
}

const bySliceOwner = 'service';

export function openServiceFeed({
  client,
  context,
  signal,
}: {
  client: ClusterClient;
  context: string;
  signal: AbortSignal;
}): ServiceFeed {
  const watchers = new Set<FeedWatcher>();
  let running: Running | undefined;
  let linger: NodeJS.Timeout | undefined;

  function start(): Running {
    const stop = new AbortController();
    const run: Running = { stop, views: new Map(), state: 'starting' };
    const ended = AbortSignal.any([signal, stop.signal]);
    const onError = (error: Error): void => {
      if (ended.aborted) return;
      run.state = { trouble: `The cluster cannot be watched: ${error.message}` };
      for (const watcher of watchers) watcher.trouble(run.state.trouble);
    };
    const onRecovered = (): void => {
      if (ended.aborted || !(run.state instanceof Object)) return;
      run.state = 'complete';
      for (const watcher of watchers) watcher.complete();
    };
    const services = openInformer<Service>({
      resource: client.resource<Service>('v1', 'services'),
      signal: ended,
      onError,
      onRecovered,
    });
    const slices = openInformer<EndpointSlice>({
      resource: client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices'),
      indexes: { [bySliceOwner]: (slice) => [ownerKey(slice)] },
      signal: ended,
      onError,
      onRecovered,
    });
    const refresh = (key: string): void => tell(run, key, render(key, services, slices));
    Promise.all([services.synced, slices.synced]).then(
      () => {
        for (const service of services.list()) refresh(keyOf(service));
        services.onChange((next, previous) => refresh(keyOf(next ?? previous)));
        slices.onChange((next, previous) => {
          for (const key of new Set([ownerKey(next), ownerKey(previous)])) if (key !== '') refresh(key);
        });
        run.state = 'complete';
        for (const watcher of watchers) watcher.complete();
      },
      (error: unknown) => onError(error instanceof Error ? error : new Error(String(error))),
    );
    return run;
  }

  function render(key: string, services: Informer<Service>, slices: Informer<EndpointSlice>): string | undefined {
    const service = services.get(key);
    if (service === undefined) return undefined;
    return JSON.stringify(viewService(service, slices.byIndex(bySliceOwner, key), context));
  }

  function tell(run: Running, key: string, json: string | undefined): void {
    if (run.views.get(key) === json) return;
    if (json === undefined) run.views.delete(key);
    else run.views.set(key, json);
    for (const watcher of watchers) watcher.changed(key, json);
  }

  function leave(watcher: FeedWatcher): void {
    watchers.delete(watcher);
    if (watchers.size > 0 || running === undefined) return;
    linger = setTimeout(() => {
      running?.stop.abort();
      running = undefined;
    }, lingerMs);
    linger.unref();
  }

  return {
    watch(watcher) {
      clearTimeout(linger);
      watchers.add(watcher);
      running ??= start();
      for (const [key, json] of running.views) watcher.changed(key, json);
      if (running.state === 'complete') watcher.complete();
      else if (running.state !== 'starting') watcher.trouble(running.state.trouble);
      return () => leave(watcher);
    },
  };
}

function keyOf(service: Service | undefined): string {
  return `${service?.metadata.namespace}/${service?.metadata.name}`;
}

function ownerKey(slice: EndpointSlice | undefined): string {
  const service = slice?.metadata.labels?.['kubernetes.io/service-name'];
  return slice === undefined || service === undefined ? '' : `${slice.metadata.namespace}/${service}`;
}
