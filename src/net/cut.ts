/** Ends a connection so that its other end sees it cut off, not finished. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { SecureSocket } from './secure-socket.ts';

/**
 * TCP is reset, under TLS too (of a `SecureSocket`); a unix socket has no such word and just ends, and so does a connection
 * whose regular end is on its way: all that was written went out before it. Never throws, whatever state the stream is in.
 */
export function cut(stream: Duplex): void {
  const plain = stream instanceof SecureSocket ? stream.beneath : stream;
  if (canBeReset(plain) && !isEnding(plain) && !isEnding(stream)) plain.resetAndDestroy();
  stream.destroy();
}

/** Only TCP can: a pipe has no remote port, and neither has what is closed already. */
function canBeReset(stream: Duplex): stream is Socket {
  return stream instanceof Socket && !(stream instanceof TLSSocket) && stream.remotePort !== undefined;
}

/**
 * All was written, and the shutdown that follows is not over. A reset fails then, and Node takes the handle for closed all
 * the same: its file stays open for good, and the process spins when it should end.
 */
function isEnding({ writableEnded, writableFinished, writableLength }: Duplex): boolean {
  return writableEnded && !writableFinished && writableLength === 0;
}
