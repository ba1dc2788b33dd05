/** The connections that a balancer has: counted, bounded, and ended when their server stays away. */
import type { Socket } from 'node:net';
import type { ServerGroup } from '../client/server-group.ts';
import { Roster } from '../lib/roster.ts';
import type { ProxyProtocol } from './proxy-protocol.ts';
import { Session, type SessionRules } from './session.ts';

export interface SessionsOptions {
  group: ServerGroup;
  maxConnections: number;
  connectTimeoutMs: number;
  /** How long connections to a server that is not well, or that is gone from the group, may go on. */
  drainMs: number;
  proxyProtocol: ProxyProtocol | undefined;
}

export interface ServerCounts {
  /** Connections made to it in all. */
  connections: number;
  /** Times that it could not be reached. */
  failures: number;
  bytesToServer: number;
  bytesToClient: number;
}

type Member = ServerGroup['pool']['members'][number];

/** Of a server that is not well. */
interface Drain {
  timer: NodeJS.Timeout;
  cut(): void;
}

/** How often sessions are looked at: by so much a time-out may be late. */
const maxLookMs = 1000;

export class Sessions implements Disposable {
  /** Connections that were closed at once, since there were too many. */
  refused = 0;
  /** Connections that no server could take. */
  unserved = 0;
  readonly #options: SessionsOptions;
  readonly #rules: SessionRules;
  readonly #all = new Roster<Session>();
  readonly #counts = new Map<string, ServerCounts>();
  readonly #drains = new Map<string, Drain>();
  readonly #unsubscribe: () => void;
  #onEmpty: (() => void) | undefined;
  readonly #looks: NodeJS.Timeout;

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { connectTimeoutMs, proxyProtocol } = options;
    this.#rules = {
      connectTimeoutMs,
      proxyProtocol,
      onConnected: ({ lease }) => void this.#countsOf(lease.server.url).connections++,
      onConnectFailed: ({ server }) => void this.#countsOf(server.url).failures++,
      onOver: (session) => this.#over(session),
    };
    this.#looks = setInterval(() => this.#look(), Math.min(maxLookMs, options.connectTimeoutMs / 4)).unref();
    this.#unsubscribe = options.group.pool.subscribe((member) => this.#onChange(member));
  }

  get size(): number {
    return this.#all.size;
  }

  /** By the server's URL, as far as it was ever used. */
  get counts(): ReadonlyMap<string, Readonly<ServerCounts>> {
    return this.#counts;
  }

  /** Takes a connection, which must be paused. */
  accept(client: Socket): void {
    const { group, maxConnections } = this.#options;
    if (this.#all.size >= maxConnections) {
      this.refused++;
      client.destroy();
      return;
    }
    this.#all.add(new Session(client, group.lease(), this.#rules));
  }

  /** Resolves when all connections have ended; after this time they are cut. */
  async drain(limitMs: number): Promise<void> {
    if (this.#all.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = setTimeout(() => this.#cut(() => true), limitMs);
    await promise;
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    clearInterval(this.#looks);
    for (const { timer } of this.#drains.values()) clearInterval(timer);
    this.#drains.clear();
    this.#cut(() => true);
  }

  #look(): void {
    const now = performance.now();
    for (const session of this.#all) session.look(now);
  }

  #over(session: Session): void {
    this.#all.delete(session);
    const { client, upstream, lease } = session;
    if (upstream === undefined) this.unserved++;
    else {
      const counts = this.#countsOf(lease.server.url);
      counts.bytesToServer += client.bytesRead;
      counts.bytesToClient += upstream.bytesRead;
    }
    if (this.#all.size === 0) this.#onEmpty?.();
  }

  #countsOf(url: string): ServerCounts {
    let counts = this.#counts.get(url);
    if (counts === undefined) {
      counts = { connections: 0, failures: 0, bytesToServer: 0, bytesToClient: 0 };
      this.#counts.set(url, counts);
    }
    return counts;
  }

  #onChange(member: Member): void {
    const { group, drainMs } = this.#options;
    const { name, health } = member;
    const isGone = !group.pool.members.includes(member);
    const known = this.#drains.get(name);
    if (health.isUsable && !isGone) {
      if (known === undefined) return;
      clearInterval(known.timer);
      health.lost.removeEventListener('abort', known.cut);
      this.#drains.delete(name);
      return;
    }
    const cut = known?.cut ?? ((): void => this.#cut(({ lease }) => lease.server === member.target.server));
    // One that has fallen silent serves nobody: its clients shall find another server.
    if (health.state === 'down') health.lost.addEventListener('abort', cut, { once: true });
    if (known !== undefined) return;
    const timer = setInterval(() => {
      // Where no server is well the next one would be no better.
      if (!group.pool.members.some((other) => other.health.isUsable)) return;
      clearInterval(timer);
      cut();
    }, drainMs).unref();
    this.#drains.set(name, { timer, cut });
  }

  #cut(isMeant: (session: Session) => boolean): void {
    for (const session of [...this.#all]) if (isMeant(session)) session.cut();
  }
}
