/** Where every connection comes in: its first bytes decide what becomes of it. */
import type { Socket } from 'node:net';
import type { Http1Server } from '../net/http1/server.ts';
import type { SocksServerOptions } from '../net/proxy/socks5-server.ts';
import { plainRefusal, protocolOf, refusals } from './first-bytes.ts';
import type { TlsEntrance } from './tls/tls-entrance.ts';
import type { Tunnels } from './tunnels.ts';

/** A connection must send its first bytes in this time. */
const firstBytesMs = 120_000;

export interface FrontDoorOptions {
  http: Http1Server;
  tunnels: Tunnels;
  /** Connections that begin with a TLS handshake; absent: they are refused. */
  tls: TlsEntrance | undefined;
  /** Nothing else than TLS comes in. */
  tlsOnly: boolean;
  /** How clients of SOCKS say who they are; absent: nobody can. */
  socks: ((remoteAddress: string) => SocksServerOptions) | undefined;
}

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #waiting = new Set<Socket>();

  constructor(options: FrontDoorOptions) {
    this.#options = options;
  }

  /** Takes a socket that was accepted with `allowHalfOpen`. */
  accept(socket: Socket): void {
    this.#waitForFirst(socket, (first) => this.#enter(socket, first));
  }

  #waitForFirst(socket: Socket, onFirst: (first: Buffer) => void): void {
    this.#waiting.add(socket);
    socket.setTimeout(firstBytesMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#waiting.delete(socket));
    const onEnd = (): void => {
      socket.end();
    };
    socket.once('end', onEnd);
    socket.once('data', (first: Buffer) => {
      this.#waiting.delete(socket);
      socket.off('end', onEnd);
      socket.setTimeout(0);
      onFirst(first);
    });
  }

  #enter(socket: Socket, first: Buffer): void {
    const { tls, tlsOnly } = this.#options;
    const protocol = protocolOf(first);
    if (protocol === 'tls' && tls !== undefined) tls.accept(socket, first, (secure) => this.#acceptSecure(secure));
    else if (tlsOnly) refuse(socket, plainRefusal(protocol));
    else this.#serve(socket, first);
  }

  #acceptSecure(secure: Socket): void {
    this.#waitForFirst(secure, (first) => this.#serve(secure, first));
  }

  #serve(socket: Socket, first: Buffer): void {
    const { http, tunnels, socks } = this.#options;
    const protocol = protocolOf(first);
    if (protocol === 'http1') http.accept(socket, first);
    else if (protocol === 'socks5' && socks !== undefined) {
      socket.pause();
      socket.unshift(first);
      void tunnels.socks(socket, socks(socket.remoteAddress ?? ''));
    } else refuse(socket, refusals[protocol]());
  }

  /** Ends connections that have said nothing yet. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy();
    this.#options.tls?.close();
  }
}

function refuse(socket: Socket, words: Buffer): void {
  socket.end(words, () => socket.destroy());
}
