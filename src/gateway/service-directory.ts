/** What the cluster says of the services that are asked for, kept up to date per namespace while it is used. */
import { StatusError } from '../api/status.ts';
import type { Service } from '../api/types/core-v1.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import type { ClusterClient, Informer } from '../client/cluster-client.ts';
import { openInformer } from '../client/informer.ts';
import { ServiceLookup } from './service-lookup.ts';

export interface ServiceFacts {
  service: Service;
  slices: readonly EndpointSlice[];
}

interface Watched {
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  ready: Promise<void>;
  isReady: boolean;
  stop: AbortController;
  usedAt: number;
}

/** A namespace that may not be watched. */
interface Limited {
  lookup: ServiceLookup;
  /** Then watching is tried again. */
  until: number;
}

/** Namespaces watched at a time; the one unused for longest goes first. */
const maxNamespaces = 64;
/** A namespace that nobody asked for in this time is no longer watched. */
const idleMs = 10 * 60_000;
const limitedMs = 60_000;
const bySlice = 'service';

export class ServiceDirectory {
  readonly #client: ClusterClient;
  readonly #signal: AbortSignal;
  readonly #namespaces = new Map<string, Watched>();
  readonly #limited = new Map<string, Limited>();
  readonly #listeners = new Set<(failure: unknown) => void>();

  constructor(client: ClusterClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    const sweeper = setInterval(() => this.#sweep(), 60_000);
    sweeper.unref();
    signal.addEventListener('abort', () => clearInterval(sweeper), { once: true });
  }

  /** Undefined: there is no such service. Rejects with what the API server or the network said (StatusError, Error). */
  async find(namespace: string, name: string): Promise<ServiceFacts | undefined> {
    const limited = this.#limited.get(namespace);
    if (limited !== undefined && limited.until > Date.now()) return limited.lookup.find(name);
    try {
      return await this.#findWatched(namespace, name);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      return this.#limit(namespace).find(name);
    }
  }

  /** What is known of it without asking: nothing of namespaces that are not watched now. */
  peek(namespace: string, name: string): Service | undefined {
    const watched = this.#namespaces.get(namespace);
    return watched?.isReady === true ? watched.services.get(`${namespace}/${name}`) : undefined;
  }

  /**
   * Told (with undefined) when something changed in a namespace that is watched, and of each failure that a watch tries to
   * overcome. Who may not watch is told nothing. Returns what ends it.
   */
  onChange(listener: (failure: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(failure: unknown): void {
    for (const listener of this.#listeners) listener(failure);
  }

  async #findWatched(namespace: string, name: string): Promise<ServiceFacts | undefined> {
    let watched = this.#namespaces.get(namespace);
    if (watched === undefined) {
      watched = this.#watch(namespace);
      this.#namespaces.set(namespace, watched);
      this.#makeRoom();
    }
    watched.usedAt = Date.now();
    if (!watched.isReady) await watched.ready;
    const service = watched.services.get(`${namespace}/${name}`);
    return service && { service, slices: watched.slices.byIndex(bySlice, name) };
  }

  #limit(namespace: string): ServiceLookup {
    const known = this.#limited.get(namespace);
    if (known !== undefined && known.until > Date.now()) return known.lookup;
    const watched = this.#namespaces.get(namespace);
    if (watched !== undefined) this.#drop(namespace, watched);
    if (this.#limited.size >= maxNamespaces) this.#limited.clear();
    const lookup = new ServiceLookup(this.#client, namespace, this.#signal);
    this.#limited.set(namespace, { lookup, until: Date.now() + limitedMs });
    return lookup;
  }

  #watch(namespace: string): Watched {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const onError = (error: unknown): void => {
      reject(error);
      if (!signal.aborted) this.#tell(error);
      // Listed but not to be watched: what is known would grow old.
      if (isForbidden(error) && watched.isReady) this.#limit(namespace);
    };
    const common = { query: { namespace }, signal, onError };
    const services = openInformer<Service>({ ...common, resource: this.#client.resource<Service>('v1', 'services') });
    const slices = openInformer<EndpointSlice>({
      ...common,
      resource: this.#client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices'),
      indexes: { [bySlice]: (slice) => [slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''] },
    });
    // Until the first list is in a failure ends the watch and is told; later ones are the informer's to overcome.
    const synced = Promise.all([services.synced, slices.synced]);
    const watched: Watched = {
      services,
      slices,
      stop,
      isReady: false,
      usedAt: 0,
      ready: Promise.race([synced, failed]).then(() => {}),
    };
    watched.ready.then(
      () => {
        watched.isReady = true;
        services.onChange(() => this.#tell(undefined));
        slices.onChange(() => this.#tell(undefined));
      },
      () => {
        if (this.#namespaces.get(namespace) === watched) this.#namespaces.delete(namespace);
        stop.abort();
      },
    );
    failed.catch(() => {});
    synced.catch(() => {});
    return watched;
  }

  #makeRoom(): void {
    if (this.#namespaces.size <= maxNamespaces) return;
    const entries = [...this.#namespaces].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    // The newest is the one being asked for: its time of use is not set yet.
    const oldest = entries.find(([, { usedAt }]) => usedAt > 0);
    if (oldest !== undefined) this.#drop(...oldest);
  }

  #sweep(): void {
    const before = Date.now() - idleMs;
    for (const [namespace, watched] of this.#namespaces) if (watched.usedAt < before) this.#drop(namespace, watched);
  }

  #drop(namespace: string, watched: Watched): void {
    this.#namespaces.delete(namespace);
    watched.stop.abort();
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof StatusError && error.code === 403;
}
