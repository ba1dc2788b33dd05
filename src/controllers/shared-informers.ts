/** One cache per resource for the whole set of controllers: each object is held once, however many look at it. */
import type { KubeObject } from '../api/object.ts';
import type { ClusterClient, Informer } from '../client/cluster-client.ts';
import { openInformer } from '../client/informer.ts';

/** Every cache has these indexes. */
export const byNamespace = 'namespace';
/** Objects by the uid of the owner that controls them. */
export const byController = 'controller';
/** Objects by the uid of each of their owners. */
export const byOwner = 'owner';

export class SharedInformers {
  readonly #client: ClusterClient;
  readonly #signal: AbortSignal;
  readonly #onError: (what: string, error: unknown) => void;
  readonly #open = new Map<string, { informer: Informer<KubeObject>; done: Promise<void> }>();

  constructor(options: {
    client: ClusterClient;
    signal: AbortSignal;
    onError: (what: string, error: unknown) => void;
  }) {
    this.#client = options.client;
    this.#signal = options.signal;
    this.#onError = options.onError;
  }

  /** The cache of a resource, without the objects' managedFields. T must be that resource's type. */
  of<T extends KubeObject>(apiVersion: string, plural: string, query: { fieldSelector?: string } = {}): Informer<T> {
    const key = cacheKey(apiVersion, plural, query);
    const found = this.#open.get(key);
    // The map's key determines the type; the map cannot say so.
    if (found !== undefined) return found.informer as unknown as Informer<T>;
    const informer = openInformer<T>({
      resource: this.#client.resource<T>(apiVersion, plural),
      query,
      indexes: indexesOf<T>(),
      transform: withoutManagedFields,
      signal: this.#signal,
      onError: (error) => this.#onError(`${plural} (${apiVersion})`, error),
    });
    this.#open.set(key, { informer: informer as unknown as Informer<KubeObject>, done: informer.done });
    return informer;
  }

  /** The full cache where there is one, else undefined. */
  existing(apiVersion: string, plural: string): Informer<KubeObject> | undefined {
    return this.#open.get(cacheKey(apiVersion, plural, {}))?.informer;
  }

  async stopped(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ done }) => done));
  }
}

function cacheKey(apiVersion: string, plural: string, { fieldSelector = '' }: { fieldSelector?: string }): string {
  return `${apiVersion}/${plural}?${fieldSelector}`;
}

export function withoutManagedFields<T extends KubeObject>(object: T): T {
  delete object.metadata.managedFields;
  return object;
}

function indexesOf<T extends KubeObject>(): Record<string, (object: T) => readonly string[]> {
  return {
    [byNamespace]: ({ metadata: { namespace } }) => (namespace === undefined ? [] : [namespace]),
    [byController]: ({ metadata: { ownerReferences = [] } }) =>
      ownerReferences.filter(({ controller }) => controller === true).map(({ uid }) => uid),
    [byOwner]: ({ metadata: { ownerReferences = [] } }) => ownerReferences.map(({ uid }) => uid),
  };
}
