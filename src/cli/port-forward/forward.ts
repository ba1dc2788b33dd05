/** One local port that leads to pods: every connection on its own, so that none that fails ends the others. */
import type { Socket } from 'node:net';
import type { Pod } from '../../api/types/core-v1.ts';
import { type Listeners, openListeners } from '../../gateway/listeners.ts';
import { cut } from '../../net/cut.ts';
import { relay } from '../../net/relay.ts';
import type { PodPool } from './pod-pool.ts';

export interface ForwardOptions {
  pool: Pick<PodPool, 'connect'>;
  /** `localhost` or IP addresses. */
  addresses: readonly string[];
  /** 0: any that is free on all of them. */
  local: number;
  portOf(pod: Pod): number;
  signal: AbortSignal;
  /** Told of every connection, and of what goes wrong with it. */
  onConnection(localPort: number): void;
  onFailure(localPort: number, why: string): void;
}

export interface Forward extends AsyncDisposable {
  port: number;
  addresses: readonly string[];
}

/** Resolves when it listens on all of the addresses. Throws ListenError. */
export async function openForward(options: ForwardOptions): Promise<Forward> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const running = new Set<Promise<void>>();
  await using listening = new AsyncDisposableStack();
  const opened: Listeners[] = [];
  let port = options.local;
  const onSocket = (socket: Socket): void => {
    options.onConnection(port);
    const leading = lead(socket, options, signal)
      .catch((error: unknown) => options.onFailure(port, error instanceof Error ? error.message : String(error)))
      .finally(() => running.delete(leading));
    running.add(leading);
  };
  for (const host of options.addresses) {
    const listeners = listening.use(await openListeners({ host, port }, onSocket));
    port = listeners.port;
    opened.push(listeners);
  }
  const all = listening.move();
  return {
    port,
    addresses: opened.flatMap(({ addresses }) => addresses),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([all.disposeAsync(), ...running]);
    },
  };
}

/** Rejects where no stream could be opened, or it broke; a client that leaves is no failure. */
async function lead(client: Socket, { pool, portOf }: ForwardOptions, signal: AbortSignal): Promise<void> {
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  client.on('error', () => client.destroy());
  let failure: Error | undefined;
  try {
    const stream = await pool.connect(portOf, AbortSignal.any([signal, gone.signal]));
    stream.on('error', (error) => {
      failure ??= error;
    });
    // Before the relay ends it in peace: what was cut off must look so.
    stream.once('close', () => {
      if (failure !== undefined || !stream.readableEnded) cut(client);
    });
    const stop = (): void => {
      stream.destroy();
      // It may outlast the stream, for what it still says.
      cut(client);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await relay(client, stream);
    signal.removeEventListener('abort', stop);
    if (failure !== undefined) throw failure;
  } catch (error) {
    if (!(signal.aborted || (gone.signal.aborted && failure === undefined))) throw error;
  } finally {
    if (!client.destroyed && !(client.readableEnded && client.writableFinished)) cut(client);
  }
}
