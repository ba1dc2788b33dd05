/** The end of a transport: what was written still goes out, to a peer that takes it. */
import type { Duplex } from 'node:stream';

/** How long the peer may take nothing, and then not end its side. */
const patienceMs = 5000;

/** Ends the transport; what the peer still sends is read and dropped, so that it gets to read what was written. */
export function endTransport(transport: Duplex): void {
  setImmediate(() => transport.resume());
  let unsent = transport.writableLength;
  const timer = setInterval(() => {
    // Nothing left of it, or no less than before: there is nothing more to wait for.
    if (transport.writableLength === 0 || transport.writableLength >= unsent) transport.destroy();
    unsent = transport.writableLength;
  }, patienceMs);
  timer.unref();
  transport.once('close', () => clearInterval(timer));
  transport.end(() => {
    timer.refresh();
    if (transport.readableEnded) transport.destroy();
    else transport.once('end', () => transport.destroy());
  });
}
