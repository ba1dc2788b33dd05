/** Events about pods and the node. They are told as well as can be: none is worth holding anything up for. */
import { randomBytes } from 'node:crypto';
import type { Event, ObjectReference } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';

export interface EventRecorder {
  /** The same event again counts up instead of adding one. */
  emit(about: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Resolves when all that was emitted is written or given up. */
  flush(): Promise<void>;
}

const KEPT = 256;
const QUEUED = 512;
/** Repeats within this time are counted, but written only with the next later one. */
const QUIET_MS = 5000;

interface Known {
  name: string;
  count: number;
  first: string;
  writtenAt: number;
}

/** `host` is the node's name. */
export function openEventRecorder(client: ClusterClient, host: string, signal: AbortSignal): EventRecorder {
  const events = client.resource<Event>('v1', 'events');
  const known = new Map<string, Known>();
  let queue: Promise<void> = Promise.resolve();
  let queued = 0;

  async function write(about: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string) {
    const key = JSON.stringify([about.uid, about.fieldPath, type, reason, message]);
    const namespace = about.namespace ?? 'default';
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const again = known.get(key);
    if (again !== undefined) {
      again.count += 1;
      if (Date.now() < again.writtenAt + QUIET_MS) return;
      again.writtenAt = Date.now();
      const patch = { count: again.count, lastTimestamp: now };
      await events.patch(again.name, patch, { type: 'application/merge-patch+json', namespace, signal });
      return;
    }
    const name = `${about.name}.${randomBytes(8).toString('hex')}`;
    const [oldest] = known.keys();
    if (known.size >= KEPT && oldest !== undefined) known.delete(oldest);
    known.set(key, { name, count: 1, first: now, writtenAt: Date.now() });
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: about,
      reason,
      message,
      type,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component: 'kubelet', host },
      reportingComponent: 'kubelet',
      reportingInstance: host,
    };
    await events.create(event, { signal });
  }

  return {
    emit(about, type, reason, message) {
      if (queued >= QUEUED || signal.aborted) return;
      queued += 1;
      queue = queue
        .then(() => write(about, type, reason, message))
        // The namespace may be gone, the server busy: an event is not worth a second try.
        .catch(() => {})
        .finally(() => {
          queued -= 1;
        });
    },
    flush: () => queue,
  };
}
