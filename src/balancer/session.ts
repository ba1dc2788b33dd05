/** One client's connection, passed through to one API server: bytes both ways, with backpressure and half-close. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ServerLease } from '../client/api-servers.ts';
import { defaultKeepAliveMs } from '../net/http1/open-socket.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import { relay } from '../net/relay.ts';
import type { ProxyProtocol } from './proxy-protocol.ts';
import { proxyHeader } from './proxy-protocol.ts';

export interface SessionOptions {
  /** Of the server to begin with. */
  lease: ServerLease;
  connectTimeoutMs: number;
  proxyProtocol: ProxyProtocol | undefined;
  /** It is connected to this server. */
  onConnected(session: Session, lease: ServerLease): void;
  /** A server could not be reached; another one is tried if there is one. */
  onConnectFailed(lease: ServerLease): void;
  /** It is over. Called once. */
  onOver(session: Session): void;
}

const probeAfterMs = 10_000;
/** What may wait for a slow reader, per direction: more than one read, so that reading and writing go on side by side. */
export const bufferedBytes = 256 * 1024;

export class Session {
  readonly client: Socket;
  upstream: Socket | undefined;
  /** Of the server that it is connected to, or being connected to. */
  lease: ServerLease;
  readonly #options: SessionOptions;
  #isOver = false;
  readonly #began = performance.now();
  /** Set while it waits for a server to take the connection. */
  #dialledAt: number | undefined;
  #isProbed = false;

  /** `client` is paused: nothing of it is read before a server has taken the connection. */
  constructor(client: Socket, options: SessionOptions) {
    this.client = client;
    this.lease = options.lease;
    this.#options = options;
    client.on('error', () => this.cut());
    this.#dial(options.lease);
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
    if (this.#dialledAt !== undefined && now - this.#dialledAt > this.#options.connectTimeoutMs) {
      this.#dialledAt = undefined;
      this.upstream?.destroy();
      return;
    }
    if (this.#isProbed || this.#dialledAt !== undefined || now - this.#began < probeAfterMs) return;
    this.#isProbed = true;
    this.client.setKeepAlive(true, defaultKeepAliveMs);
    this.upstream?.setKeepAlive(true, defaultKeepAliveMs);
  }

  /** TCP alone is tried: nothing of the client was read, so that another server may have it. */
  #dial(lease: ServerLease): void {
    const { host, port } = lease.server.anonymous;
    const options = {
      host,
      port,
      allowHalfOpen: true,
      noDelay: true,
      highWaterMark: bufferedBytes,
    };
    const upstream = connect(options);
    this.lease = lease;
    this.upstream = upstream;
    let reason = 'the connection was closed';
    const onEarlyClose = (): void => {
      const isSilent = this.#dialledAt === undefined;
      if (isSilent) reason = `no answer within ${this.#options.connectTimeoutMs / 1000} s`;
      this.#dialFailed(lease, isSilent ? 'silent' : 'refused', reason);
    };
    this.#dialledAt = performance.now();
    upstream.on('error', ({ message }) => {
      reason = message;
      upstream.destroy();
    });
    upstream.once('close', onEarlyClose);
    upstream.once('connect', () => {
      upstream.off('close', onEarlyClose);
      this.#dialledAt = undefined;
      this.#join(upstream);
    });
  }

  #dialFailed(lease: ServerLease, connect: 'silent' | 'refused', reason: string): void {
    this.upstream = undefined;
    lease.over?.();
    if (this.client.destroyed) {
      this.#finish();
      return;
    }
    const { host, port } = lease.server.anonymous;
    lease.failed(new UpstreamError(`cannot connect to ${host}:${port}: ${reason}`, { sent: false, connect }));
    this.#options.onConnectFailed(lease);
    const next = lease.next();
    if (next === undefined) this.cut();
    else this.#dial(next);
  }

  #join(upstream: Socket): void {
    const { client } = this;
    if (client.destroyed) {
      upstream.once('close', () => this.#finish());
      upstream.destroy();
      return;
    }
    const { proxyProtocol } = this.#options;
    if (proxyProtocol !== undefined) {
      const source = { address: client.remoteAddress ?? '::', port: client.remotePort ?? 0 };
      const destination = { address: client.localAddress ?? '::', port: client.localPort ?? 0 };
      upstream.write(proxyHeader(proxyProtocol, { source, destination }));
    }
    void relay(client, upstream, { bare: true }).then(() => this.#finish());
    this.#options.onConnected(this, this.lease);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.lease.over?.();
    this.#options.onOver(this);
  }
}
