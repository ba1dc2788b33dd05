/** `ApiServers` of a cluster with several: spread by what they have in flight, probed, passed over while they are not well. */
import { leastOfTwo } from '../net/balance/least-of-two.ts';
import type { BalancePolicy } from '../net/balance/policy.ts';
import type { ProbeTiming } from '../net/health/prober.ts';
import { Prober } from '../net/health/prober.ts';
import type { PoolMember } from '../net/health/server-pool.ts';
import { ServerPool } from '../net/health/server-pool.ts';
import { hasListToken, headerValue } from '../net/http1/headers.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import type { ApiAccess } from './api-access.ts';
import type { ApiServer } from './api-server.ts';
import type { AnsweredRequest, ApiServers, ServerFacts, ServerLease } from './api-servers.ts';
import { openReadyzProbe } from './readyz-probe.ts';

export interface GroupMember {
  server: ApiServer;
  discovered: boolean;
}

type Member = PoolMember<GroupMember>;

/** A program that asks one thing and ends needs no probe: its own requests tell enough. */
const usualTiming: Partial<ProbeTiming> = { firstAfterMs: 1000 };

/** Something that goes on as long as the group is used. */
export type GroupTask = (group: ServerGroup, signal: AbortSignal) => Promise<void>;

export interface GroupOptions {
  /** Default: the less busy of two. */
  policy?: BalancePolicy;
  /** Credentials for servers that do not tell strangers whether they are ready; absent where requests have none either. */
  access?: ApiAccess;
  timing?: Partial<ProbeTiming>;
  /** Begins with the first request and is awaited when the group is disposed; must not reject. */
  task?: GroupTask;
}

/** Connects to nothing before the first request. */
export class ServerGroup implements ApiServers {
  readonly pool: ServerPool<GroupMember>;
  readonly passedOver = new Map<string, string>();
  readonly isOverheard: boolean;
  readonly #options: GroupOptions;
  readonly #stop = new AbortController();
  readonly #probe = openReadyzProbe();
  #prober: Prober<GroupMember> | undefined;
  #task: Promise<void> | undefined;

  constructor(servers: readonly ApiServer[], options: GroupOptions = {}) {
    this.isOverheard = servers.some(({ isOverheard }) => isOverheard);
    this.#options = options;
    this.pool = new ServerPool<GroupMember>(options.policy ?? leastOfTwo);
    for (const server of servers) this.pool.add(server.url, { server, discovered: false });
  }

  lease(): ServerLease {
    this.begin();
    const member = this.pool.pick();
    if (member === undefined) throw new Error('a group of servers is never empty');
    return new GroupLease(this, member, undefined);
  }

  /** @internal There is a hint that something changed. */
  probeSoon(member: Member): void {
    this.#prober?.probeSoon(member);
  }

  list(): readonly ServerFacts[] {
    return this.pool.members.map(factsOf);
  }

  subscribe(listener: (changed: ServerFacts) => void): () => void {
    return this.pool.subscribe((member) => listener(factsOf(member)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#prober?.[Symbol.asyncDispose](), this.#task]);
    await this.#probe[Symbol.asyncDispose]();
  }

  /** Begins to probe, if it has not yet. */
  begin(): void {
    if (this.#prober !== undefined) return;
    const { timing, task, access } = this.#options;
    this.#prober = new Prober({
      pool: this.pool,
      probe: ({ server }, signal) => this.#probe.ask(server, signal, access),
      timing: { ...usualTiming, ...timing },
    });
    this.#task = task?.(this, this.#stop.signal);
  }
}

function factsOf({ target, health, inFlight, probes }: Member): ServerFacts {
  const { state, since, lastError } = health;
  const { server, discovered } = target;
  const facts = { url: server.url, state, since, inFlight, discovered, probes: { ...probes } };
  return { ...facts, ...(lastError !== undefined && { lastError }) };
}

class GroupLease implements ServerLease {
  readonly isGuarded = true;
  readonly #group: ServerGroup;
  readonly #member: Member;
  #tried: Set<Member> | undefined;
  #isOver = false;

  constructor(group: ServerGroup, member: Member, tried: Set<Member> | undefined) {
    this.#group = group;
    this.#member = member;
    this.#tried = tried;
    member.inFlight++;
  }

  get server(): ApiServer {
    return this.#member.target.server;
  }

  get lost(): AbortSignal {
    return this.#member.health.lost;
  }

  answered(status: number, headers: HeaderLines, { onlyReads, bodyWithheld, toApplication }: AnsweredRequest): boolean {
    const isRefusal = !toApplication && (status === 429 || status === 503);
    // Go's servers end their connections so when they stop; others may always do, so it is a hint and no more.
    if (!isRefusal && !hasListToken(headers, 'connection', 'close')) return false;
    this.#group.probeSoon(this.#member);
    if (!isRefusal || headerValue(headers, 'retry-after') === undefined) return false;
    const isClosing = hasListToken(headers, 'connection', 'close');
    // A body that is not wanted closes the connection too, so that it tells nothing of the server.
    if (isClosing && !bodyWithheld) {
      const reason = `it answers ${status} with Retry-After and closes its connections`;
      this.#group.pool.observe(this.#member, { kind: 'draining', reason });
    }
    // kube-apiserver says so on open connections too, in its last moments: another one would answer now, not in a second.
    return status === 429 || bodyWithheld || onlyReads;
  }

  failed(error: unknown): void {
    if (!(error instanceof UpstreamError)) return;
    if (error.connect !== undefined) {
      const silent = error.connect === 'silent';
      this.#group.pool.observe(this.#member, { kind: 'down', silent, reason: error.message });
    }
    this.#group.probeSoon(this.#member);
  }

  readonly over = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#member.inFlight--;
  };

  next(): ServerLease | undefined {
    this.#tried ??= new Set();
    this.#tried.add(this.#member);
    const member = this.#group.pool.pick(this.#tried);
    return member && new GroupLease(this.#group, member, this.#tried);
  }
}
