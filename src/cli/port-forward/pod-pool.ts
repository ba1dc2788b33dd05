/** The pods that a forward leads to: one by its name, or those of an owner, as they come and go. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { LeastInFlight } from '../../net/balance/least-in-flight.ts';
import { CommandError } from '../command.ts';
import type { Objects } from '../objects/open-objects.ts';
import { byActivity, isReady } from '../pods/pod-order.ts';
import { podStates } from '../pods/pod-states.ts';

export interface PodPoolOptions {
  objects: Objects;
  /** `metadata.name=…`, or the labels of an owner's pods. */
  query: { fieldSelector: string } | { labelSelector: string };
  /** What is known already, for who may not list. */
  known?: Pod;
  /** For messages: `pod/web`, `deployment/web`. */
  what: string;
  signal: AbortSignal;
  timeoutMs: number;
}

export class PodPool {
  readonly #client: ClusterClient;
  readonly #namespace: string;
  readonly #what: string;
  readonly #balance = new LeastInFlight();
  #pods: readonly Pod[];
  /** Resolves when its signal fired. Rejects with what the server refused meanwhile. */
  readonly closed: Promise<void>;

  private constructor({ objects, what, query, signal }: PodPoolOptions, pods: readonly Pod[]) {
    this.#client = objects.reader.client;
    this.#namespace = objects.reader.config.namespace;
    this.#what = what;
    this.#pods = pods;
    this.closed = this.#follow(podStates(objects, { namespace: this.#namespace, ...query }, signal), signal);
    this.closed.catch(() => {});
  }

  /** Resolves when a pod runs, with the best of them. Throws CommandError when none did in time, StatusError. */
  static async open(options: PodPoolOptions): Promise<{ pool: PodPool; first: Pod }> {
    const { objects, query, known, what, signal, timeoutMs } = options;
    const [running] = candidates(known === undefined ? [] : [known]);
    if (running !== undefined) return { pool: new PodPool(options, [running]), first: running };
    const { namespace } = objects.reader.config;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    for await (const pods of podStates(objects, { namespace, ...query }, limit)) {
      const [first] = candidates(pods);
      if (first !== undefined) return { pool: new PodPool(options, pods), first };
    }
    signal.throwIfAborted();
    throw new CommandError(`${what} had no running pod for ${timeoutMs / 1000} s (--pod-running-timeout)`);
  }

  /**
   * A connection to the least busy ready pod. `portOf` says which port of it is meant. Throws CommandError where there is no
   * pod, StatusError, ConnectionError.
   */
  async connect(portOf: (pod: Pod) => number, signal: AbortSignal): Promise<Duplex> {
    let left = candidates(this.#pods);
    for (;;) {
      const pod = this.#balance.pick(left, keyOf);
      if (pod === undefined) throw new CommandError(`${this.#what} has no running pod now`);
      const over = this.#balance.begin(keyOf(pod));
      try {
        const { name = '', uid } = pod.metadata;
        const stream = await this.#client.portForward({
          namespace: this.#namespace,
          pod: name,
          port: portOf(pod),
          signal,
          ...(uid !== undefined && { uid }),
        });
        stream.once('close', over);
        return stream;
      } catch (error) {
        over();
        left = left.filter((other) => other !== pod);
        if (signal.aborted || left.length === 0) throw error;
      }
    }
  }

  async #follow(states: AsyncGenerator<readonly Pod[]>, signal: AbortSignal): Promise<void> {
    try {
      for await (const pods of states) this.#pods = pods;
    } catch (error) {
      // Who may not list pods keeps to the one that was named.
      if (!(error instanceof StatusError && error.code === 403)) throw error;
    }
    if (!signal.aborted) await once(signal, 'abort');
  }
}

/** Ready ones; where none is, those that run. */
function candidates(pods: readonly Pod[]): Pod[] {
  const running = pods
    .filter(({ status, metadata }) => status?.phase === 'Running' && metadata.deletionTimestamp === undefined)
    .sort(byActivity);
  const ready = running.filter(isReady);
  return ready.length > 0 ? ready : running;
}

function keyOf({ metadata }: Pod): string {
  return metadata.uid ?? metadata.name ?? '';
}
