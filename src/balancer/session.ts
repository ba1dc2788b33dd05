/** One client's connection, passed through to one API server: bytes both ways, with backpressure and half-close. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ServerLease } from '../client/api-servers.ts';
import type { Rostered } from '../lib/roster.ts';
import { defaultKeepAliveMs } from '../net/http1/open-socket.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import { passThrough } from './pass-through.ts';
import type { ProxyProtocol } from './proxy-protocol.ts';
import { proxyHeader } from './proxy-protocol.ts';

/** What all sessions of a balancer share. */
export interface SessionRules {
  connectTimeoutMs: number;
  proxyProtocol: ProxyProtocol | undefined;
  /** It is connected to its server. */
  onConnected(session: Session): void;
  /** A server could not be reached; another one is tried if there is one. */
  onConnectFailed(lease: ServerLease): void;
  /** It is over. Called once. */
  onOver(session: Session): void;
}

const probeAfterMs = 10_000;
/** An error is followed by the close of its socket, which tells all. */
const byClose = (): void => {};
/** What may wait for a slow reader, per direction: more than one read, so that reading and writing go on side by side. */
export const bufferedBytes = 256 * 1024;

export class Session implements Rostered {
  rosterIndex = -1;
  readonly client: Socket;
  upstream: Socket | undefined;
  /** Of the server that it is connected to, or being connected to. */
  lease: ServerLease;
  readonly #rules: SessionRules;
  #state: 'dialling' | 'timed out' | 'joined' | 'over' = 'dialling';
  /** When the server was dialled that it has. */
  #dialledAt = 0;
  #isProbed = false;

  /** `client` is paused: nothing of it is read before a server has taken the connection. */
  constructor(client: Socket, lease: ServerLease, rules: SessionRules) {
    this.client = client;
    this.lease = lease;
    this.#rules = rules;
    client.on('error', byClose);
    this.upstream = this.#dial(lease);
  }

  /** Ends both sides at once. What is under way inside of TLS looks cut off: nobody says its good-bye. */
  cut(): void {
    this.client.destroy();
    if (this.upstream === undefined) this.#finish();
    else this.upstream.destroy();
  }

  /**
   * To be called now and then with the time of `performance`. One call for all sessions takes the place of a timer for each; and
   * the operating system is asked only for those that stay to probe both sides once they are silent, which takes eight system calls.
   */
  look(now: number): void {
    const sinceMs = now - this.#dialledAt;
    if (this.#state === 'dialling' && sinceMs > this.#rules.connectTimeoutMs) {
      this.#state = 'timed out';
      this.upstream?.destroy();
    }
    if (this.#isProbed || this.#state !== 'joined' || sinceMs < probeAfterMs) return;
    this.#isProbed = true;
    this.client.setKeepAlive(true, defaultKeepAliveMs);
    this.upstream?.setKeepAlive(true, defaultKeepAliveMs);
  }

  /** TCP alone is tried: nothing of the client was read, so that another server may have it. */
  #dial({ server }: ServerLease): Socket {
    const { host, port } = server.anonymous;
    this.#state = 'dialling';
    this.#dialledAt = performance.now();
    const options = { host, port, allowHalfOpen: true, noDelay: true, highWaterMark: bufferedBytes };
    const upstream = connect(options);
    upstream.on('error', byClose);
    upstream.once('connect', () => this.#join(upstream));
    upstream.once('close', () => {
      if (this.#state !== 'joined') this.#dialFailed(upstream);
    });
    return upstream;
  }

  #dialFailed({ errored }: Socket): void {
    const { client, lease } = this;
    const isSilent = this.#state === 'timed out';
    this.upstream = undefined;
    lease.over?.();
    if (client.destroyed) {
      this.#finish();
      return;
    }
    const { host, port } = lease.server.anonymous;
    const reason = isSilent
      ? `no answer within ${this.#rules.connectTimeoutMs / 1000} s`
      : (errored?.message ?? 'the connection was closed');
    const connect = isSilent ? 'silent' : 'refused';
    lease.failed(new UpstreamError(`cannot connect to ${host}:${port}: ${reason}`, { sent: false, connect }));
    this.#rules.onConnectFailed(lease);
    const next = lease.next();
    if (next === undefined) {
      this.cut();
      return;
    }
    this.lease = next;
    this.upstream = this.#dial(next);
  }

  #join(upstream: Socket): void {
    const { client } = this;
    if (client.destroyed) {
      upstream.destroy();
      return;
    }
    this.#state = 'joined';
    const { proxyProtocol } = this.#rules;
    if (proxyProtocol !== undefined) {
      const source = { address: client.remoteAddress ?? '::', port: client.remotePort ?? 0 };
      const destination = { address: client.localAddress ?? '::', port: client.localPort ?? 0 };
      upstream.write(proxyHeader(proxyProtocol, { source, destination }));
    }
    passThrough(client, upstream, () => this.#finish());
    this.#rules.onConnected(this);
  }

  #finish(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.lease.over?.();
    this.#rules.onOver(this);
  }
}
