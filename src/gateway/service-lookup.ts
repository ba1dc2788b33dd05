/** Services for users who may not watch them: asked for one by one, and where even that is refused told from the pods. */
import { StatusError } from '../api/status.ts';
import type { Pod, Service } from '../api/types/core-v1.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { Remembered } from '../lib/remembered.ts';
import { guessService, podsNamedLike, slicesOfPods } from './pods-as-endpoints.ts';
import type { ServiceFacts } from './service-directory.ts';

/** What was asked is not asked again in this time: a page has many requests. */
const freshMs = 2000;
const mostNames = 500;

/** Of one namespace. */
export class ServiceLookup {
  readonly #client: ClusterClient;
  readonly #namespace: string;
  readonly #signal: AbortSignal;
  readonly #answers = new Remembered<ServiceFacts | undefined>({ forMs: freshMs, most: mostNames });

  constructor(client: ClusterClient, namespace: string, signal: AbortSignal) {
    this.#client = client;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  /** Undefined: there is no such service. Rejects with what the API server or the network said. */
  find(name: string): Promise<ServiceFacts | undefined> {
    return this.#answers.get(name, () => this.#look(name));
  }

  async #look(name: string): Promise<ServiceFacts | undefined> {
    const common = { namespace: this.#namespace, signal: this.#signal };
    let service: Service | undefined;
    try {
      service = await unlessForbidden(this.#client.resource<Service>('v1', 'services').get(name, common));
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return undefined;
      throw error;
    }
    if (service === undefined) return this.#guess(name);
    const slices = await unlessForbidden(
      this.#client
        .resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices')
        .list({ ...common, labelSelector: `kubernetes.io/service-name=${name}` }),
    );
    if (slices !== undefined) return { service, slices: slices.items };
    const selector = Object.entries(service.spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
    if (selector.length === 0) return { service, slices: [] };
    const pods = await this.#client.resource<Pod>('v1', 'pods').list({ ...common, labelSelector: selector.join(',') });
    return { service, slices: slicesOfPods(service, pods.items) };
  }

  /** Rejects where the pods may not be seen either. Undefined: no pod looks like it. */
  async #guess(name: string): Promise<ServiceFacts | undefined> {
    const common = { namespace: this.#namespace, signal: this.#signal };
    const list = await unlessForbidden(this.#client.resource<Pod>('v1', 'pods').list(common));
    if (list === undefined) {
      const message = `neither services nor pods of the namespace "${this.#namespace}" may be read`;
      throw new StatusError({ code: 403, reason: 'Forbidden', message });
    }
    const pods = podsNamedLike(name, list.items);
    const service = guessService(name, this.#namespace, pods);
    return service && { service, slices: slicesOfPods(service, pods) };
  }
}

/** Undefined where it is not permitted. */
async function unlessForbidden<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return undefined;
    throw error;
  }
}
