/** Joins a client's connection to a destination as raw TCP. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { cut } from '../net/cut.ts';
import { relay } from '../net/relay.ts';
import type { Destination } from './destination.ts';
import { settle } from './settle.ts';

export interface RawRelay {
  /** A stream to a pod stands; bytes pass from now on. */
  onOpen?(): void;
  signal: AbortSignal;
}

/** What comes from the pod in full ends the client's connection, else it is cut. To be called before the two are joined. */
export function cutWith(client: Duplex, pod: Duplex, isWell = () => true): void {
  // Before the relay ends it in peace: what was cut off must look so.
  if (pod.destroyed && !pod.readableEnded) cut(client);
  pod.once('close', () => {
    if (!isWell() || !pod.readableEnded) cut(client);
  });
}

/**
 * Opens a stream to one of the destination's pods and passes bytes both ways, with backpressure and half-close, until
 * both directions are over. Rejects where no stream could be opened (nothing was sent), and with the stream's failure
 * where it broke later; the client's connection is then cut, not ended. A client that leaves is no failure.
 */
export async function relayRaw(client: Socket, destination: Destination, options: RawRelay): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  let failure: Error | undefined;
  client.once('close', onClose);
  try {
    const either = AbortSignal.any([options.signal, gone.signal]);
    const { stream } = await settle(client, await destination.open(either), either);
    // It may have failed before anybody listened.
    failure = stream.errored ?? undefined;
    stream.on('error', (error) => {
      failure ??= error;
    });
    cutWith(client, stream, () => failure === undefined);
    const onStop = (): void => {
      stream.destroy();
      // It may outlast the stream, for what it still says.
      cut(client);
    };
    if (options.signal.aborted) onStop();
    else options.signal.addEventListener('abort', onStop, { once: true });
    options.onOpen?.();
    await relay(client, stream);
    options.signal.removeEventListener('abort', onStop);
    // A client that leaves destroys the stream without a failure.
    if (failure !== undefined) throw failure;
  } catch (error) {
    const stopped = options.signal.aborted || (gone.signal.aborted && failure === undefined);
    if (!stopped) throw error;
  } finally {
    client.off('close', onClose);
    if (!client.destroyed && !(client.readableEnded && client.writableFinished)) cut(client);
  }
}
