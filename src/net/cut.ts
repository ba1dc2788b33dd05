/** Ends a connection so that its other end sees it cut off, not finished. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** What connections over TLS run on. */
const beneath = new WeakMap<Duplex, Socket>();

/** Says on which connection a TLS one runs, so that `cut` reaches it. */
export function restsOn(secure: TLSSocket, plain: Socket): void {
  beneath.set(secure, plain);
}

/**
 * TCP is reset, under TLS too; a unix socket has no such word and just ends. Never throws, whatever state the stream
 * is in.
 */
export function cut(stream: Duplex): void {
  const plain = beneath.get(stream) ?? stream;
  // Only TCP can be reset: a pipe has no remote port, and neither has what is closed already.
  if (plain instanceof Socket && !(plain instanceof TLSSocket) && plain.remotePort !== undefined)
    plain.resetAndDestroy();
  stream.destroy();
}
