/**
 * One of several processes leads, by a Lease, after the rules of client-go's leaderelection, with which it can share a Lease.
 * No clocks are compared: another's lease has run out when this process saw it unchanged for as long as it says.
 */
import { isReason, StatusError } from '../api/status.ts';
import type { Lease } from '../api/types/coordination-v1.ts';
import { sleepUnlessAborted } from '../lib/abortable-sleep.ts';
import type { ClusterClient, ResourceClient } from './cluster-client.ts';

export interface LeaderElectionOptions {
  client: ClusterClient;
  namespace: string;
  /** The Lease's name: the same in all processes that contend. */
  name: string;
  /** Different in each of them; by default `HOSTNAME` and chance. */
  identity?: string;
  /** Others wait this long after the last renewal that they saw; whole seconds. Default 15,000. */
  leaseDurationMs?: number;
  /** Without a renewal for this long the leader gives up; less than the lease's duration. Default 10,000. */
  renewDeadlineMs?: number;
  /** Between attempts. Default 2,000. */
  retryMs?: number;
  /** The work. Its signal fires when leadership is lost, when `signal` does and when the client is closed; it must then end soon. */
  lead: (signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
  /** Told of each leader that is seen, this process among them. */
  onLeader?: (identity: string) => void;
  /** Told of failed attempts; they are repeated. */
  onError?: (error: unknown) => void;
}

/**
 * Waits for leadership, runs `lead`, and contends again when leadership was lost. Ends when the signal fires or the client
 * is closed, and when `lead` ends by itself or throws (then throws the same). The lease is released only after `lead` has ended,
 * and renewed until then; a client that is closed can do neither, so that others wait until it has run out.
 */
export async function runAsLeader(options: LeaderElectionOptions): Promise<void> {
  const { client, lead, retryMs = 2_000, leaseDurationMs = 15_000, renewDeadlineMs = 10_000 } = options;
  if (leaseDurationMs % 1000 !== 0 || leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryMs * 1.2) {
    throw new TypeError(
      'leaseDurationMs must be whole seconds and more than renewDeadlineMs, and that more than 1.2 times retryMs',
    );
  }
  const signal = AbortSignal.any([options.signal, client.closed]);
  const claim = new LeaseClaim({ ...options, signal }, leaseDurationMs);
  while (!signal.aborted) {
    if (!(await claim.attempt(AbortSignal.any([signal, AbortSignal.timeout(renewDeadlineMs)])))) {
      // Spread, so that contenders do not come all at once.
      await sleepUnlessAborted(retryMs * (1 + 1.2 * Math.random()), signal);
      continue;
    }
    const lost = new AbortController();
    const ended = new AbortController();
    const leading = AbortSignal.any([signal, lost.signal]);
    const work = Promise.try(() => lead(leading)).finally(() => ended.abort());
    work.catch(() => {});
    const isStillHeld = await claim.renewUntil(ended.signal, { retryMs, renewDeadlineMs });
    if (!isStillHeld) lost.abort(new Error(`leadership of ${options.namespace}/${options.name} was lost`));
    try {
      await work;
      if (isStillHeld) return;
    } catch (error) {
      // What the signal ended has ended as it should.
      if (!signal.aborted && !lost.signal.aborted) throw error;
    } finally {
      if (isStillHeld) await claim.release(AbortSignal.timeout(renewDeadlineMs));
    }
  }
}

class LeaseClaim {
  readonly #leases: ResourceClient<Lease>;
  readonly #options: LeaderElectionOptions;
  readonly #identity: string;
  readonly #durationMs: number;
  /** The Lease as last seen, and when it was first seen so. */
  #seen: { lease: Lease; at: number } | undefined;
  #leader = '';
  /** Of the last write that made or kept the lease this process's. */
  #sinceWritten = stopwatch();

  constructor(options: LeaderElectionOptions, durationMs: number) {
    this.#options = options;
    this.#leases = options.client.resource<Lease>('coordination.k8s.io/v1', 'leases');
    this.#identity = options.identity ?? `${process.env.HOSTNAME ?? 'fairlead'}_${crypto.randomUUID()}`;
    this.#durationMs = durationMs;
  }

  /** True when the lease is this process's from now on. */
  async attempt(signal: AbortSignal): Promise<boolean> {
    try {
      // The leader knows the Lease; only if another wrote or deleted it must it be read again.
      const own = this.#seen?.lease;
      if (own?.spec?.holderIdentity === this.#identity && (await this.#renew(own, signal))) return true;
      const lease = await this.#read(signal);
      return lease === undefined
        ? await this.#create(signal)
        : this.#isFree(lease) && (await this.#write(lease, signal));
    } catch (error) {
      if (!this.#options.signal.aborted) this.#options.onError?.(error);
      return false;
    }
  }

  /** False when the lease could not be renewed in time; true when the signal fired before. */
  async renewUntil(ended: AbortSignal, { retryMs, renewDeadlineMs }: { retryMs: number; renewDeadlineMs: number }) {
    for (;;) {
      await sleepUnlessAborted(Math.max(0, Math.min(retryMs, renewDeadlineMs - this.#sinceWritten())), ended);
      if (ended.aborted) return true;
      const left = renewDeadlineMs - this.#sinceWritten();
      const limit = AbortSignal.timeout(Math.max(0, Math.ceil(left)));
      if (left > 0 && (await this.attempt(AbortSignal.any([ended, limit])))) continue;
      if (ended.aborted) return true;
      if (this.#sinceWritten() >= renewDeadlineMs || !this.#isOurs()) return false;
    }
  }

  /** Others need not wait; best effort. */
  async release(signal: AbortSignal): Promise<void> {
    const { client, onError } = this.#options;
    if (client.closed.aborted) return;
    try {
      const lease = await this.#read(signal);
      if (lease?.spec?.holderIdentity !== this.#identity) return;
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime() };
      await this.#leases.update({ ...lease, spec }, { signal });
      this.#seen = undefined;
    } catch (error) {
      if (!client.closed.aborted) onError?.(error);
    }
  }

  #isOurs(): boolean {
    return this.#seen?.lease.spec?.holderIdentity === this.#identity;
  }

  #isFree({ spec = {} }: Lease): boolean {
    const { holderIdentity = '', leaseDurationSeconds = 0 } = spec;
    if (holderIdentity === '' || holderIdentity === this.#identity) return true;
    return performance.now() - (this.#seen?.at ?? 0) >= leaseDurationSeconds * 1000;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { namespace, name } = this.#options;
    try {
      const lease = await this.#leases.get(name, { namespace, signal });
      this.#see(lease, performance.now());
      return lease;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #create(signal: AbortSignal): Promise<boolean> {
    const { namespace, name } = this.#options;
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } } as const;
    return this.#store((wanted) => this.#leases.create(wanted, { signal }), lease);
  }

  #write(lease: Lease, signal: AbortSignal): Promise<boolean> {
    return this.#store((wanted) => this.#leases.update(wanted, { signal }), lease);
  }

  /** False whatever the server has against it: what is read next shows why. */
  async #renew(lease: Lease, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#write(lease, signal);
    } catch (error) {
      if (error instanceof StatusError) return false;
      throw error;
    }
  }

  /** False when another was faster. */
  async #store(send: (lease: Lease) => Promise<Lease>, before: Lease): Promise<boolean> {
    const { acquireTime, leaseTransitions, holderIdentity } = before.spec ?? {};
    const now = microTime();
    const isRenewal = holderIdentity === this.#identity;
    const transitions = leaseTransitions ?? 0;
    const at = performance.now();
    // Others count from when they see the lease, which may be long before the answer is here.
    const sinceWritten = stopwatch();
    try {
      const lease = await send({
        ...before,
        spec: {
          ...before.spec,
          holderIdentity: this.#identity,
          leaseDurationSeconds: this.#durationMs / 1000,
          acquireTime: isRenewal && acquireTime !== undefined ? acquireTime : now,
          renewTime: now,
          leaseTransitions: isRenewal || before.spec === undefined ? transitions : transitions + 1,
        },
      });
      this.#see(lease, at);
      this.#sinceWritten = sinceWritten;
      return true;
    } catch (error) {
      if (error instanceof StatusError && error.code === 409) return false;
      throw error;
    }
  }

  #see(lease: Lease, at: number): void {
    const before = this.#seen?.lease.metadata;
    const { uid, resourceVersion } = lease.metadata;
    if (before?.uid === uid && before?.resourceVersion === resourceVersion) return;
    this.#seen = { lease, at };
    const leader = lease.spec?.holderIdentity ?? '';
    if (leader === this.#leader) return;
    this.#leader = leader;
    if (leader !== '') this.#options.onLeader?.(leader);
  }
}

/** Milliseconds since now. Whichever clock went on further counts: one of them stands still while the machine sleeps. */
function stopwatch(): () => number {
  const [steady, wall] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}

function microTime(): string {
  return new Date().toISOString().replace(/Z$/, '000Z');
}
