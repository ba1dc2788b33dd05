/** Servers that do the same work: who gets the next piece, by health first and by policy then. Never empty while it has a member. */
import type { BalancePolicy } from '../balance/policy.ts';
import type { Observation } from './health.ts';
import { Health } from './health.ts';

export class PoolMember<T> {
  /** Unique in its pool; for messages and metrics. */
  readonly name: string;
  readonly target: T;
  readonly health = new Health();
  inFlight = 0;
  /** Probes so far, by what they found. */
  readonly probes: Record<Observation['kind'], number> = { ready: 0, draining: 0, down: 0 };

  constructor(name: string, target: T) {
    this.name = name;
    this.target = target;
  }
}

export class ServerPool<T> {
  readonly #policy: BalancePolicy;
  readonly #byName = new Map<string, PoolMember<T>>();
  readonly #listeners = new Set<(changed: PoolMember<T>) => void>();
  #all: readonly PoolMember<T>[] = [];
  #usable: readonly PoolMember<T>[] = [];

  constructor(policy: BalancePolicy) {
    this.#policy = policy;
  }

  get members(): readonly PoolMember<T>[] {
    return this.#all;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Adds a server; one of that name must not be there. */
  add(name: string, target: T): PoolMember<T> {
    if (this.#byName.has(name)) throw new Error(`the pool has a server ${name} already`);
    const member = new PoolMember(name, target);
    this.#byName.set(name, member);
    this.#changed(member);
    return member;
  }

  /** It gets no more work; what it has goes on. */
  remove(member: PoolMember<T>): void {
    if (this.#byName.get(member.name) !== member) return;
    this.#byName.delete(member.name);
    this.#changed(member);
  }

  /**
   * The server of the next piece of work, among those not `tried`: one that is well, and where none is, any: a wrong verdict
   * on all of them must not stop everything. Undefined only when each was tried.
   */
  pick(tried?: ReadonlySet<PoolMember<T>>): PoolMember<T> | undefined {
    if (tried === undefined) return this.#policy(this.#usable.length > 0 ? this.#usable : this.#all);
    const isLeft = (member: PoolMember<T>): boolean => !tried.has(member);
    return this.#policy(this.#usable.filter(isLeft)) ?? this.#policy(this.#all.filter(isLeft));
  }

  observe(member: PoolMember<T>, observation: Observation): void {
    if (member.health.observe(observation) && this.#byName.get(member.name) === member) this.#changed(member);
  }

  /** Called whenever a server comes, goes or changes its state, with that server. Returns what ends it. */
  subscribe(listener: (changed: PoolMember<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(member: PoolMember<T>): void {
    this.#all = [...this.#byName.values()];
    this.#usable = this.#all.filter(({ health }) => health.isUsable);
    for (const listener of [...this.#listeners]) listener(member);
  }
}
