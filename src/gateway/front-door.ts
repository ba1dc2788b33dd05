/** Where every connection comes in: its first bytes decide what becomes of it. */
import type { Socket } from 'node:net';
import type { Http1Server } from '../net/http1/server.ts';
import { protocolOf, refusals } from './first-bytes.ts';
import type { Tunnels } from './tunnels.ts';

/** A connection must send its first bytes in this time. */
const firstBytesMs = 120_000;

export interface FrontDoorOptions {
  http: Http1Server;
  tunnels: Tunnels;
  /** Takes connections that begin with a TLS handshake, where the gateway speaks it. */
  tls: { accept(socket: Socket, first: Buffer): void } | undefined;
}

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #waiting = new Set<Socket>();

  constructor(options: FrontDoorOptions) {
    this.#options = options;
  }

  /** Takes a socket that was accepted with `allowHalfOpen`. */
  accept(socket: Socket): void {
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
      this.#enter(socket, first);
    });
  }

  #enter(socket: Socket, first: Buffer): void {
    const { http, tunnels, tls } = this.#options;
    const protocol = protocolOf(first);
    switch (protocol) {
      case 'http1':
        http.accept(socket, first);
        return;
      case 'socks5':
        socket.pause();
        socket.unshift(first);
        void tunnels.socks(socket, {});
        return;
      case 'tls':
        if (tls === undefined) refuse(socket, protocol);
        else tls.accept(socket, first);
        return;
      default:
        refuse(socket, protocol);
    }
  }

  /** Ends connections that have said nothing yet. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy();
  }
}

function refuse(socket: Socket, protocol: keyof typeof refusals): void {
  socket.end(refusals[protocol](), () => socket.destroy());
}
