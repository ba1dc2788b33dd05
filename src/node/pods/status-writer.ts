/** Writes a pod's status: one write at a time, the latest wins, tried again until the pod is gone. */
import { isDeepStrictEqual } from 'node:util';
import { isReason } from '../../api/status.ts';
import type { ContainerStatus, Pod, PodStatus } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';

/** An API server that has not answered by then hangs: the next attempt may get to another one, or on another connection. */
const PATIENCE_MS = 10_000;

export interface StatusWriterOptions {
  client: ClusterClient;
  /** The pod as last seen. */
  pod(): Pod;
  status(): PodStatus;
  signal: AbortSignal;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #wanted = false;
  #writing: Promise<void> | undefined;
  /** What was written last, without what the server adds. */
  #written: PodStatus | undefined;
  /** The pod's resource version after that, or that of the pod for which the server refused it; what was seen earlier says nothing of it. */
  #version = 0n;
  /** Somebody else has written another status since. */
  #overwritten = false;
  #gone = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Something changed: the status is computed and written soon. */
  touch(): void {
    this.#wanted = true;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
      if (this.#gone || this.#options.signal.aborted) return;
      if (this.#wanted) this.touch();
      else this.seen(this.#options.pod());
    });
  }

  /**
   * To be told of each newer form of the pod. What others wrote of it (a controller that had taken the node for lost, an
   * old request that an API server had held back) does not stay, unless it says that the pod is over.
   */
  seen(pod: Pod): void {
    const written = this.#written;
    // What comes while one is written may be that one.
    if (this.#writing !== undefined || written === undefined || versionOf(pod) <= this.#version) return;
    const { status = {} } = pod;
    if (status.phase === 'Failed' || status.phase === 'Succeeded') return;
    if (isDeepStrictEqual(essence(status, written), essence(written, written))) return;
    this.#overwritten = true;
    this.touch();
  }

  /** Resolves when all changes so far are written, or never can be. */
  async settle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #drain(): Promise<void> {
    const { signal } = this.#options;
    // Changes of one turn go into one write.
    await new Promise(setImmediate);
    for (let wait = 100; this.#wanted && !this.#gone && !signal.aborted; ) {
      this.#wanted = false;
      try {
        await this.#write();
        wait = 100;
      } catch (error) {
        if (isReason(error, 'NotFound') || isReason(error, 'Conflict') || isReason(error, 'Invalid')) {
          // Gone, or another pod of the same name, or a status that the server will never take.
          this.#gone = !isReason(error, 'Invalid');
          return;
        }
        this.#wanted = true;
        await sleepUnlessAborted(wait, signal);
        wait = Math.min(wait * 2, 10_000);
      }
    }
  }

  async #write(): Promise<void> {
    const { client, signal } = this.#options;
    const pod = this.#options.pod();
    const status = this.#options.status();
    const rewrites = this.#overwritten;
    if (!rewrites && isDeepStrictEqual(status, this.#written)) return;
    const { uid, name = '', namespace = '' } = pod.metadata;
    // A merge patch removes what is null: what the last status had and this one has not.
    const last: object = { ...pod.status, ...this.#written };
    const removed = Object.keys(last).filter((key) => !(key in status) && OWN_FIELDS.has(key));
    const patch = {
      metadata: { uid },
      status: { ...status, ...Object.fromEntries(removed.map((key) => [key, null])) },
    };
    const attempt = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    this.#overwritten = false;
    let answer: Pod;
    try {
      answer = await client.resource<Pod>('v1', 'pods').patch(name, patch, {
        type: 'application/merge-patch+json',
        namespace,
        subresource: 'status',
        signal: attempt,
      });
    } catch (error) {
      this.#overwritten ||= rewrites;
      // Asked again with the same pod it would say the same.
      const version = versionOf(pod);
      if (isReason(error, 'Invalid') && version > this.#version) this.#version = version;
      throw error;
    }
    this.#written = status;
    this.#version = versionOf(answer);
  }
}

function versionOf({ metadata: { resourceVersion = '' } }: Pod): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}

/** What nobody but the node may say of a pod, without what servers write in other forms; conditions as in `own`. */
function essence(status: PodStatus, own: PodStatus): unknown {
  const of = ({ name, ready, restartCount, state = {} }: ContainerStatus) => [
    name,
    ready,
    restartCount,
    Object.keys(state),
  ];
  const { phase, reason, conditions = [], containerStatuses = [], initContainerStatuses = [] } = status;
  return [
    phase,
    reason ?? '',
    own.conditions?.map(({ type }) => conditions.find((condition) => condition.type === type)?.status),
    containerStatuses.map(of),
    initContainerStatuses.map(of),
  ];
}

/** Status fields that belong to the node. */
const OWN_FIELDS = new Set([
  'reason',
  'message',
  'podIP',
  'podIPs',
  'initContainerStatuses',
  'ephemeralContainerStatuses',
  'startTime',
]);
