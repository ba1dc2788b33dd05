/** What the cluster says of the services that are asked for, kept up to date per namespace while it is used. */
import type { Service } from '../api/types/core-v1.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import type { ClusterClient, Informer } from '../client/cluster-client.ts';
import { openInformer } from '../client/informer.ts';

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

/** Namespaces watched at a time; the one unused for longest goes first. */
const maxNamespaces = 64;
/** A namespace that nobody asked for in this time is no longer watched. */
const idleMs = 10 * 60_000;
const bySlice = 'service';

export class ServiceDirectory {
  readonly #client: ClusterClient;
  readonly #signal: AbortSignal;
  readonly #namespaces = new Map<string, Watched>();

  constructor(client: ClusterClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    const sweeper = setInterval(() => this.#sweep(), 60_000);
    sweeper.unref();
    signal.addEventListener('abort', () => clearInterval(sweeper), { once: true });
  }

  /** Undefined: there is no such service. Rejects with what the API server or the network said (StatusError, Error). */
  async find(namespace: string, name: string): Promise<ServiceFacts | undefined> {
    let watched = this.#namespaces.get(namespace);
    if (watched === undefined) {
      watched = this.#watch(namespace);
      this.#namespaces.set(namespace, watched);
      this.#limit();
    }
    watched.usedAt = Date.now();
    if (!watched.isReady) await watched.ready;
    const service = watched.services.get(`${namespace}/${name}`);
    return service && { service, slices: watched.slices.byIndex(bySlice, name) };
  }

  #watch(namespace: string): Watched {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const common = { query: { namespace }, signal, onError: (error: unknown) => reject(error) };
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

  #limit(): void {
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
