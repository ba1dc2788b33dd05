/** Keeps one worker for each pod that is bound to this node. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../api/types/core-v1.ts';
import type { Informer } from '../client/cluster-client.ts';
import type { PodAccess, PodHandle } from './kubelet/pod-access.ts';
import type { PodSurroundings } from './pods/pod-worker.ts';
import { PodWorker } from './pods/pod-worker.ts';

/** When the node stops, programs get this long at most. */
const STOP_GRACE_SECONDS = 3;

export class PodWorkers implements PodAccess, AsyncDisposable {
  readonly #around: PodSurroundings;
  readonly #informer: Informer<Pod>;
  readonly #stopping = new AbortController();
  readonly #workers = new Map<string, { worker: PodWorker; done: Promise<void> }>();
  #unsubscribe: (() => void) | undefined;
  #takesPods = true;

  constructor(around: PodSurroundings, informer: Informer<Pod>) {
    this.#around = around;
    this.#informer = informer;
  }

  /** Resolves when all pods that were there are being run. */
  async start(): Promise<void> {
    await this.#informer.synced;
    const { podsDirectory, runtime } = this.#around;
    const known = new Set(this.#informer.list().map(({ metadata }) => metadata.uid));
    for (const uid of await readdir(podsDirectory)) {
      // Directories of pods that were removed while the node was down; other nodes of this machine have pods of their own.
      if (known.has(uid)) continue;
      await runtime.endPod(join(podsDirectory, uid));
      await rm(join(podsDirectory, uid), { recursive: true, force: true });
    }
    this.#unsubscribe = this.#informer.onChange((next, previous) => this.#onChange(next, previous));
    for (const pod of this.#informer.list()) this.#onChange(pod, undefined);
  }

  pods(): readonly Pod[] {
    return [...this.#workers.values()].map(({ worker }) => ({
      ...worker.pod,
      apiVersion: 'v1',
      kind: 'Pod',
      status: worker.status(),
    }));
  }

  find(namespace: string, name: string): PodHandle | undefined {
    // While an old pod of this name still ends, the younger one is meant.
    return [...this.#workers.values()].findLast(
      ({ worker: { pod } }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
    )?.worker;
  }

  /**
   * For a node that leaves a cluster that lives on: takes no more pods and ends those it has. `told` settles when the
   * cluster knows how each ended, or the workers are disposed of.
   */
  async leave(): Promise<{ told: Promise<unknown> }> {
    this.#takesPods = false;
    const all = [...this.#workers.values()];
    await Promise.all(all.map(({ worker }) => worker.leave(STOP_GRACE_SECONDS)));
    return { told: Promise.all(all.map(({ done }) => done)) };
  }

  /** Ends all pods' processes and waits for them; nothing is written to the cluster about it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe?.();
    this.#stopping.abort();
    const all = [...this.#workers.values()];
    await Promise.all(all.map(({ worker, done }) => worker.end(STOP_GRACE_SECONDS).then(() => done)));
  }

  #onChange(next: Pod | undefined, previous: Pod | undefined): void {
    if (this.#stopping.signal.aborted) return;
    const gone = previous?.metadata.uid;
    if (gone !== undefined && gone !== next?.metadata.uid) this.#workers.get(gone)?.worker.forget();
    const uid = next?.metadata.uid;
    if (next === undefined || uid === undefined) return;
    const known = this.#workers.get(uid);
    if (known !== undefined) {
      known.worker.update(next);
      return;
    }
    if (!this.#takesPods) return;
    const worker = new PodWorker(next, this.#around, this.#stopping.signal);
    const done = worker.run().finally(() => this.#workers.delete(uid));
    this.#workers.set(uid, { worker, done });
  }
}
