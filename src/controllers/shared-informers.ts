/** One cache per resource for the whole set of controllers: each object is held once, however many look at it. */
import type { KubeObject } from '../api/object.ts';
import type { ClusterClient, Informer, PartialObject } from '../client/cluster-client.ts';
import { openInformer } from '../client/informer.ts';

/** Every cache has these indexes. */
export const byNamespace = 'namespace';
/** Objects by the uid of the owner that controls them. */
export const byController = 'controller';

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
  of<T extends KubeObject>(apiVersion: string, plural: string): Informer<T> {
    const key = `${apiVersion}/${plural}`;
    const found = this.#open.get(key);
    // The map's key determines the type; the map cannot say so.
    if (found !== undefined) return found.informer as unknown as Informer<T>;
    const informer = openInformer<T>({
      resource: this.#client.resource<T>(apiVersion, plural),
      indexes: indexesOf<T>(),
      transform: withoutManagedFields,
      signal: this.#signal,
      onError: (error) => this.#onError(key, error),
    });
    this.#open.set(key, { informer: informer as unknown as Informer<KubeObject>, done: informer.done });
    return informer;
  }

  /** The full cache where there is one, else one of metadata alone. */
  metadata(apiVersion: string, plural: string, signal: AbortSignal): Informer<PartialObject> {
    const shared = this.#open.get(`${apiVersion}/${plural}`);
    if (shared !== undefined) return shared.informer;
    return openInformer<PartialObject>({
      resource: this.#client.metadata(apiVersion, plural),
      transform: withoutManagedFields,
      signal,
      onError: (error) => this.#onError(`${apiVersion}/${plural}`, error),
    });
  }

  async stopped(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ done }) => done));
  }
}

function withoutManagedFields<T extends KubeObject>(object: T): T {
  delete object.metadata.managedFields;
  return object;
}

function indexesOf<T extends KubeObject>(): Record<string, (object: T) => readonly string[]> {
  return {
    [byNamespace]: ({ metadata: { namespace } }) => (namespace === undefined ? [] : [namespace]),
    [byController]: ({ metadata: { ownerReferences = [] } }) =>
      ownerReferences.filter(({ controller }) => controller === true).map(({ uid }) => uid),
  };
}
