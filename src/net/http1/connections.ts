/** Keeps connections to upstreams: idle ones for the next exchange, a bounded number in all. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readOn, type Sending } from '../read-on.ts';
import type { ConnectTimes } from './connect-limit.ts';
import { ConnectLimit } from './connect-limit.ts';
import { type Dialled, dialUpstream, endpointKey, endpointName } from './dial.ts';
import { defaultKeepAliveMs } from './open-socket.ts';
import type { SocketReads } from './socket-reads.ts';
import type { TlsMemory } from './start-tls.ts';
import type { UpstreamEndpoint } from './upstream.ts';
import { UpstreamError } from './upstream.ts';

/** The one exchange that uses a connection at a time. */
export interface ConnectionUser {
  onData(chunk: Buffer): void;
  onEnd(): void;
  onClose(error: Error | undefined): void;
  onDrain(): void;
}

export interface ConnectionLimits extends ConnectTimes {
  /** An idle connection is closed after this time, or sooner if the server announced so. */
  idleTimeoutMs: number;
  /** Open connections per endpoint; further exchanges wait. */
  maxPerEndpoint: number;
  /** Exchanges that wait per endpoint; further ones fail. */
  maxWaiting: number;
  /** How long a connection is silent before the operating system probes it; 0: it never does. */
  keepAliveMs: number;
}

const defaults: ConnectionLimits = {
  connectTimeoutMs: 10_000,
  tunnelTimeoutMs: 60_000,
  idleTimeoutMs: 55_000,
  maxPerEndpoint: 1024,
  maxWaiting: 4096,
  keepAliveMs: defaultKeepAliveMs,
};

interface Waiter {
  endpoint: UpstreamEndpoint;
  /** It asked for a connection that nobody has used. */
  fresh: boolean;
  signal: AbortSignal;
  onAbort: () => void;
  resolve: (connection: UpstreamConnection | Promise<UpstreamConnection>) => void;
  reject: (error: unknown) => void;
}

/** So many endpoints without a connection are remembered for their TLS session: each takes tens of kilobytes. */
const maxRemembered = 64;

interface Bucket {
  key: string;
  memory: TlsMemory;
  idle: UpstreamConnection[];
  open: number;
  waiting: Waiter[];
}

/** One connection. While it is idle any byte from the server, or its end, closes it. */
export class UpstreamConnection {
  readonly socket: Duplex;
  readonly name: string;
  /** Undefined: the socket gives 'data' as other streams do. */
  readonly reads: SocketReads | undefined;
  user: ConnectionUser | undefined;
  /** Exchanges begun on it. */
  uses = 0;
  idleUntil = 0;
  #onFree: ((connection: UpstreamConnection, reusable: boolean, idleMs: number) => void) | undefined;
  #error: Error | undefined;
  readonly #sending: Sending;
  readonly #onData = (chunk: Buffer): void => (this.user === undefined ? this.destroy() : this.user.onData(chunk));
  readonly #onEnd = (): void => this.#ended();
  readonly #onDrain = (): void => this.user?.onDrain();
  readonly #onError = (error: Error): void => {
    this.#error = error;
  };
  readonly #onClose = (): void => this.#closed();

  constructor(
    { socket, reads }: Dialled,
    name: string,
    onFree: (connection: UpstreamConnection, reusable: boolean, idleMs: number) => void,
  ) {
    this.socket = socket;
    this.name = name;
    this.reads = reads;
    this.#onFree = onFree;
    this.#sending = readOn(socket);
    if (reads === undefined) socket.on('data', this.#onData);
    else {
      if (reads.early) socket.destroy();
      reads.reader = (chunk) => {
        this.#onData(chunk);
        return true;
      };
    }
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  get usable(): boolean {
    const { destroyed, readableEnded, writable } = this.socket;
    return !destroyed && !readableEnded && writable && this.sendingFailure === undefined;
  }

  /** What the first write that failed failed with: it is known as soon as Node knows it. */
  get sendingFailure(): Error | undefined {
    return this.#sending.failure;
  }

  /** While it is used: a program that has nothing else to do need not wait for its idle connections. */
  keepsProcess(keeps: boolean): void {
    if (!(this.socket instanceof Socket)) return;
    if (keeps) this.socket.ref();
    else this.socket.unref();
  }

  /** The exchange is over and the connection clean: the next may have it, for at most `idleMs`. */
  release(idleMs = Number.POSITIVE_INFINITY): void {
    this.user = undefined;
    if (!this.usable) this.destroy();
    else this.#onFree?.(this, true, idleMs);
  }

  destroy(): void {
    this.user = undefined;
    this.socket.destroy();
    this.#free();
  }

  /** Takes the raw stream out of the pool (after 101); `rest` was read already and comes first. */
  detach(rest: Buffer): Duplex {
    const { socket } = this;
    socket.pause();
    // Before the others go, so that an error never finds no listener.
    socket.on('error', () => socket.destroy());
    socket.off('data', this.#onData);
    if (this.reads !== undefined) this.reads.reader = (chunk) => socket.push(chunk);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    this.user = undefined;
    if (rest.length > 0) socket.unshift(rest);
    this.#free();
    return socket;
  }

  /** Where nothing could be sent any more it may be a reset, which the write has met in place of us. */
  #ended(): void {
    const failure = this.sendingFailure;
    if (this.user === undefined) this.destroy();
    else if (failure === undefined) this.user.onEnd();
    else this.user.onClose(failure);
  }

  #closed(): void {
    const { user } = this;
    this.user = undefined;
    this.#free();
    user?.onClose(this.#error);
  }

  #free(): void {
    const onFree = this.#onFree;
    this.#onFree = undefined;
    onFree?.(this, false, 0);
  }
}

/** The connections of one owner. Idle ones are used newest first, so that the oldest time out. */
export class ConnectionPool implements AsyncDisposable {
  readonly #limits: ConnectionLimits;
  readonly #buckets = new Map<string, Bucket>();
  /** Those without a connection, the oldest first. */
  readonly #remembered = new Set<Bucket>();
  /** Keys are long (certificates), so each endpoint object's is made once. */
  readonly #keys = new WeakMap<UpstreamEndpoint, string>();
  readonly #all = new Set<UpstreamConnection>();
  readonly #closing = new AbortController();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(limits: Partial<ConnectionLimits> = {}) {
    this.#limits = { ...defaults, ...limits };
  }

  /** Open connections, busy and idle. */
  get size(): number {
    return this.#all.size;
  }

  /** An idle connection, at once. */
  takeIdle(endpoint: UpstreamEndpoint): UpstreamConnection | undefined {
    const { idle } = this.#bucket(endpoint);
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.usable) {
        connection.keepsProcess(true);
        return connection;
      }
      connection.destroy();
    }
    return undefined;
  }

  /**
   * An idle connection or a new one; waits when the endpoint has its maximum. `fresh` asks for a new one.
   * Rejects with UpstreamError or the signal's reason.
   */
  acquire(endpoint: UpstreamEndpoint, signal: AbortSignal, { fresh = false } = {}): Promise<UpstreamConnection> {
    const idle = fresh ? undefined : this.takeIdle(endpoint);
    if (idle !== undefined) return Promise.resolve(idle);
    const bucket = this.#bucket(endpoint);
    // The one that lay longest makes room, so that asking for new ones does not pile them up.
    if (fresh) bucket.idle.shift()?.destroy();
    if (bucket.open < this.#limits.maxPerEndpoint) return this.#open(bucket, endpoint, signal);
    if (bucket.waiting.length >= this.#limits.maxWaiting) {
      return Promise.reject(new UpstreamError(`too many requests wait for ${endpointName(endpoint)}`, { sent: false }));
    }
    return this.#wait(bucket, endpoint, signal, fresh);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    this.#closing.abort(new UpstreamError('the connection pool is closed', { sent: false }));
    const closed = [...this.#all].map(({ socket }) =>
      socket.closed ? undefined : new Promise((resolve) => socket.once('close', resolve)),
    );
    for (const connection of this.#all) connection.socket.destroy();
    for (const bucket of this.#buckets.values()) {
      for (let waiter = takeWaiter(bucket); waiter !== undefined; waiter = takeWaiter(bucket)) {
        waiter.reject(this.#closing.signal.reason);
      }
    }
    await Promise.all(closed);
  }

  #bucket(endpoint: UpstreamEndpoint): Bucket {
    let key = this.#keys.get(endpoint);
    if (key === undefined) {
      key = endpointKey(endpoint);
      this.#keys.set(endpoint, key);
    }
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { key, memory: {}, idle: [], open: 0, waiting: [] };
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  async #open(bucket: Bucket, endpoint: UpstreamEndpoint, signal: AbortSignal): Promise<UpstreamConnection> {
    bucket.open++;
    this.#remembered.delete(bucket);
    using limit = new ConnectLimit(endpoint, this.#limits);
    try {
      const all = AbortSignal.any([signal, limit.signal, this.#closing.signal]);
      const dialled = await dialUpstream(endpoint, bucket.memory, all, {
        keepAliveMs: this.#limits.keepAliveMs,
        begin: (stage) => limit.begin(stage),
      });
      const connection = new UpstreamConnection(dialled, endpointName(endpoint), (freed, reusable, idleMs) =>
        this.#freed(bucket, freed, reusable, idleMs),
      );
      this.#all.add(connection);
      return connection;
    } catch (error) {
      bucket.open--;
      this.#next(bucket);
      throw error;
    }
  }

  #wait(bucket: Bucket, endpoint: UpstreamEndpoint, signal: AbortSignal, fresh: boolean): Promise<UpstreamConnection> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        bucket.waiting.splice(bucket.waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = { endpoint, fresh, signal, onAbort, resolve, reject };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      bucket.waiting.push(waiter);
    });
  }

  #freed(bucket: Bucket, connection: UpstreamConnection, reusable: boolean, idleMs: number): void {
    if (!reusable) {
      this.#all.delete(connection);
      bucket.open--;
      const at = bucket.idle.indexOf(connection);
      if (at !== -1) bucket.idle.splice(at, 1);
      this.#next(bucket);
      return;
    }
    if (bucket.waiting[0]?.fresh === true && connection.uses > 0) {
      // It makes room for a new one.
      connection.destroy();
      return;
    }
    const waiter = takeWaiter(bucket);
    if (waiter !== undefined) {
      waiter.resolve(connection);
      return;
    }
    connection.idleUntil = Date.now() + Math.min(idleMs, this.#limits.idleTimeoutMs);
    // A paused socket would not see the server close.
    connection.socket.resume();
    connection.keepsProcess(false);
    bucket.idle.push(connection);
    this.#startSweeper();
  }

  /** A place is free: the longest waiter opens a connection. */
  #next(bucket: Bucket): void {
    const waiter = bucket.open < this.#limits.maxPerEndpoint ? takeWaiter(bucket) : undefined;
    if (waiter !== undefined) waiter.resolve(this.#open(bucket, waiter.endpoint, waiter.signal));
    else if (bucket.open === 0) this.#remember(bucket);
  }

  /** Without a connection an endpoint is kept for its TLS session alone, and only while not many others came after it. */
  #remember(bucket: Bucket): void {
    if ((bucket.memory.session ?? bucket.memory.proxy?.session) === undefined) {
      this.#buckets.delete(bucket.key);
      return;
    }
    this.#remembered.add(bucket);
    if (this.#remembered.size <= maxRemembered) return;
    for (const oldest of this.#remembered) {
      this.#remembered.delete(oldest);
      this.#buckets.delete(oldest.key);
      return;
    }
  }

  #startSweeper(): void {
    if (this.#sweeper !== undefined) return;
    const period = Math.max(20, Math.min(1000, this.#limits.idleTimeoutMs / 2));
    this.#sweeper = setInterval(() => this.#sweep(), period);
    this.#sweeper.unref();
  }

  #sweep(): void {
    const now = Date.now();
    let left = 0;
    for (const bucket of this.#buckets.values()) {
      for (const connection of [...bucket.idle]) if (connection.idleUntil <= now) connection.destroy();
      left += bucket.idle.length;
    }
    if (left > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** The one that waits longest. */
function takeWaiter(bucket: Bucket): Waiter | undefined {
  const waiter = bucket.waiting.shift();
  waiter?.signal.removeEventListener('abort', waiter.onAbort);
  return waiter;
}
