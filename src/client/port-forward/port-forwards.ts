/** Port-forwards of one client: a forwarder for each pod that has connections. */
import type { Duplex } from 'node:stream';
import type { ClusterClient, PortForwardRequest } from '../cluster-client.ts';
import { segment } from '../resource-path.ts';
import { PodForwarder } from './pod-forwarder.ts';

export class PortForwards {
  readonly #client: Pick<ClusterClient, 'openStream'>;
  readonly #pods = new Map<string, PodForwarder>();

  constructor(client: Pick<ClusterClient, 'openStream'>) {
    this.#client = client;
  }

  /** How many transports are open, of all pods. */
  get transports(): number {
    let count = 0;
    for (const pod of this.#pods.values()) count += pod.transports;
    return count;
  }

  /** As `ClusterClient.portForward`. */
  async connect({
    namespace,
    pod,
    uid = '',
    port,
    signal,
  }: PortForwardRequest & { signal: AbortSignal }): Promise<Duplex> {
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new TypeError(`${port} is no port from 1 to 65535`);
    const root = `/api/v1/namespaces/${segment(namespace, 'namespace')}/pods/${segment(pod, 'name')}`;
    return this.#forwarder(root, `${root}/${uid}`).connect(port, signal);
  }

  #forwarder(root: string, key: string): PodForwarder {
    let forwarder = this.#pods.get(key);
    if (forwarder === undefined) {
      forwarder = new PodForwarder(this.#client, { root, onEmpty: () => this.#pods.delete(key) });
      this.#pods.set(key, forwarder);
    }
    return forwarder;
  }
}
