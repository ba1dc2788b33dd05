/** The server's end of TLS over a TCP connection that was accepted already. */
import type { Socket } from 'node:net';
import type { TLSSocketOptions } from 'node:tls';
import { TLSSocket } from 'node:tls';

export class SecureSocket extends TLSSocket {
  /** What it runs on. It may be destroyed or reset by itself: this one then follows. */
  readonly beneath: Socket;

  constructor(beneath: Socket, options: TLSSocketOptions) {
    super(beneath, { ...options, isServer: true });
    this.beneath = beneath;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Node frees what TLS has of a connection that is about to close, and touches it again: the process spins at its
    // end, or crashes.
    if (this.beneath.destroyed && !this.beneath.closed) {
      this.beneath.once('close', () => super._destroy(error, callback));
    } else super._destroy(error, callback);
  }
}
