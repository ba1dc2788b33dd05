/** Writes Kubernetes Events about objects; best effort: events are told to people, nothing depends on them. */
import type { KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Event, ObjectReference } from '../api/types/core-v1.ts';
import { complainAboutDnsSubdomain } from '../api/validation/names.ts';
import type { ClusterClient } from './cluster-client.ts';

export interface EventDraft {
  about: KubeObject | ObjectReference;
  type: 'Normal' | 'Warning';
  /** CamelCase, for machines: `FailedScheduling`. */
  reason: string;
  message: string;
}

export interface EventRecorder {
  /** Returns at once. An event like an earlier one counts that one up. Floods about one object are cut down. */
  record(draft: EventDraft): void;
  /** Resolves when everything recorded so far was sent or given up. */
  flush(): Promise<void>;
}

/** An API server that has not answered by then hangs, and others wait. */
const patienceMs = 10_000;
/** Events waiting to be sent; more are dropped. */
const maxQueued = 500;
/** Earlier events that can still be counted up. */
const maxRemembered = 1000;
/** Per object: a burst, then one in this time. */
const burst = 25;
const refillMs = 300_000;
const maxMessage = 1024;

export function openEventRecorder(options: {
  client: ClusterClient;
  /** Who says so: `deployment-controller`, `kubelet`. */
  component: string;
  /** The node's name, where one speaks. */
  host?: string;
  signal: AbortSignal;
}): EventRecorder {
  const { client, component, host, signal } = options;
  const events = client.resource<Event>('v1', 'events');
  const remembered = new Map<string, Event>();
  const allowances = new Map<string, { left: number; at: number }>();
  const queue: EventDraft[] = [];
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    for (let draft = queue.shift(); draft !== undefined && !signal.aborted; draft = queue.shift()) {
      try {
        await send(draft, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
      } catch {
        // Refused (the namespace is going, no right to), not reachable or not answered: dropped.
      }
    }
    sending = undefined;
  }

  async function send(draft: EventDraft, ends: AbortSignal): Promise<void> {
    const involvedObject = reference(draft.about);
    const { type, reason } = draft;
    const message = draft.message.slice(0, maxMessage);
    const key = JSON.stringify([
      involvedObject.uid,
      involvedObject.namespace,
      involvedObject.name,
      involvedObject.fieldPath,
      type,
      reason,
      message,
    ]);
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const earlier = remembered.get(key);
    if (earlier?.metadata.name !== undefined) {
      try {
        const counted = await events.patch(
          earlier.metadata.name,
          { count: (earlier.count ?? 1) + 1, lastTimestamp: now },
          { type: 'application/merge-patch+json', namespace: earlier.metadata.namespace ?? 'default', signal: ends },
        );
        remember(remembered, key, counted);
        return;
      } catch (error) {
        // Events live for an hour or so: gone is like never written.
        if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
      }
    }
    const created = await events.create(
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: eventName(involvedObject),
          namespace: involvedObject.namespace ?? 'default',
        },
        involvedObject,
        type,
        reason,
        message,
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
        source: { component, ...(host !== undefined && { host }) },
        reportingComponent: component,
        reportingInstance: host ?? '',
      },
      { signal: ends },
    );
    remember(remembered, key, created);
  }

  return {
    record(draft) {
      if (signal.aborted || queue.length >= maxQueued || !allowed(allowances, reference(draft.about))) return;
      queue.push(draft);
      sending ??= sendAll();
    },
    flush: async () => sending,
  };
}

function reference(about: KubeObject | ObjectReference): ObjectReference {
  if (!('metadata' in about)) return about;
  const { name, namespace, uid, resourceVersion } = about.metadata;
  return {
    apiVersion: about.apiVersion,
    kind: about.kind,
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}

/** As client-go's: a server may refuse what other names would give, such as those of roles (`system:...`). */
function eventName({ name = '' }: ObjectReference): string {
  const wanted = `${name}.${uniqueSuffix()}`;
  return complainAboutDnsSubdomain(wanted).length === 0 ? wanted : crypto.randomUUID();
}

/** Nanoseconds of the clock in hex are what upstream uses; what counts is that no two are the same. */
let lastSuffix = 0n;
function uniqueSuffix(): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastSuffix = now > lastSuffix ? now : lastSuffix + 1n;
  return lastSuffix.toString(16);
}

function remember(remembered: Map<string, Event>, key: string, event: Event): void {
  remembered.delete(key);
  remembered.set(key, event);
  if (remembered.size > maxRemembered) for (const oldest of remembered.keys()) return void remembered.delete(oldest);
}

function allowed(
  allowances: Map<string, { left: number; at: number }>,
  { uid, namespace, name }: ObjectReference,
): boolean {
  const key = uid ?? `${namespace}/${name}`;
  const now = Date.now();
  let allowance = allowances.get(key);
  if (allowance === undefined) {
    if (allowances.size > maxRemembered) allowances.clear();
    allowance = { left: burst, at: now };
    allowances.set(key, allowance);
  }
  const refilled = Math.floor((now - allowance.at) / refillMs);
  if (refilled > 0) {
    allowance.left = Math.min(burst, allowance.left + refilled);
    allowance.at += refilled * refillMs;
  }
  if (allowance.left === 0) return false;
  allowance.left--;
  return true;
}
