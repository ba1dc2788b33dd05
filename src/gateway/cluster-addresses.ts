/** Which Service or pod of the default context has an IP address: the API knows it, nothing on the network is asked. */
import { SocketAddress } from 'node:net';
import { StatusError } from '../api/status.ts';
import type { Pod, Service } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { Remembered } from '../lib/remembered.ts';
import type { Target } from './destination.ts';

/** An answer counts this long: addresses are given anew. */
const knownMs = 5000;
const maxKnown = 1000;

type AddressOwner = Pick<Target, 'kind' | 'namespace' | 'name'>;

export class ClusterAddresses {
  readonly #client: ClusterClient;
  readonly #known = new Remembered<AddressOwner | undefined>({ forMs: knownMs, most: maxKnown });

  constructor(client: ClusterClient) {
    this.#client = client;
  }

  /** Undefined: nothing of the cluster has this address. Rejects with what the API server or the network said. */
  find(address: string): Promise<AddressOwner | undefined> {
    const canonical = canonicalAddress(address);
    return this.#known.get(canonical, () => this.#ask(canonical));
  }

  async #ask(address: string): Promise<AddressOwner | undefined> {
    const services = await this.#list<Service>('services', `spec.clusterIP=${address}`);
    const service = services.find(({ spec }) =>
      [spec?.clusterIP, ...(spec?.clusterIPs ?? [])].some((ip) => ip !== undefined && isSame(ip, address)),
    );
    if (service !== undefined) return ownerOf('service', service);
    const pods = await this.#list<Pod>('pods', `status.podIP=${address}`);
    const running = pods.filter(
      ({ spec, status }) =>
        // A pod in the node's network has the node's address: whom it means cannot be told.
        spec?.hostNetwork !== true &&
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed' &&
        [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)].some(
          (ip) => ip !== undefined && isSame(ip, address),
        ),
    );
    const [pod] = running;
    return pod === undefined || running.length > 1 ? undefined : ownerOf('pod', pod);
  }

  /** By the field selector; all where the server does not know it for this kind. */
  async #list<T extends Service | Pod>(kind: string, fieldSelector: string): Promise<readonly T[]> {
    const resource = this.#client.resource<T>('v1', kind);
    try {
      return (await resource.list({ fieldSelector })).items;
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 400) throw error;
    }
    return (await resource.list()).items;
  }
}

function ownerOf(kind: AddressOwner['kind'], { metadata }: Service | Pod): AddressOwner {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

function isSame(text: string, canonical: string): boolean {
  return text === canonical || (text.includes(':') && canonicalAddress(text) === canonical);
}

/** IPv6 in its one shortest form. */
function canonicalAddress(text: string): string {
  return text.includes(':') ? new SocketAddress({ family: 'ipv6', address: text }).address : text;
}
