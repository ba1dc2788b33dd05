/** To the next pod while pods refuse the connection: a port-forward stands before it is known whether anything listens there. */
import type { Duplex } from 'node:stream';
import { ForwardError } from '../net/forward-error.ts';
import type { OpenedStream } from './destination.ts';

/** Of what a client says before its pod says anything. One that has more to say is held up for a moment, in which refusals come. */
const mostKeptBytes = 64 * 1024;
/** After that it stays with its pod. */
const patienceMs = 1000;

/**
 * Resolves with the stream that both sides go on with, and the client paused: with the first one of which something came, which was
 * not refused, or after which no pod is left. What the client has said is in it then. Nothing is said twice to a program: where a
 * connection was refused there was none. The signal cuts the stream off.
 */
export async function settle(client: Duplex, opened: OpenedStream, signal: AbortSignal): Promise<OpenedStream> {
  const kept: Buffer[] = [];
  for (let current = opened; ; ) {
    sendAll(client, current.stream, kept);
    if (!current.hasOthers || !(await isRefused(client, current.stream, { kept, signal }))) return current;
    const next = await current.other(signal).catch(() => undefined);
    // What became of the last one is told.
    if (next === undefined) return current;
    if (client.destroyed) {
      next.stream.destroy();
      return current;
    }
    current = next;
  }
}

function sendAll(client: Duplex, pod: Duplex, kept: readonly Buffer[]): void {
  for (const piece of kept) pod.write(piece);
  if (client.readableEnded) pod.end();
}

/** Leads the client's bytes to the pod, and keeps them, until there is a sign of it. */
function isRefused(
  client: Duplex,
  pod: Duplex,
  { kept, signal }: { kept: Buffer[]; signal: AbortSignal },
): Promise<boolean> {
  // Whoever goes on with it may come a moment later than its failure.
  pod.on('error', () => {});
  if (client.destroyed || signal.aborted) pod.destroy();
  if (pod.destroyed) return Promise.resolve(isRefusal(pod.errored));
  return new Promise((resolve) => {
    let keptBytes = kept.reduce((sum, { length }) => sum + length, 0);
    let patience: NodeJS.Timeout | undefined;
    const settled = (refused: boolean): void => {
      clearTimeout(patience);
      client.pause().off('data', onSaid).off('end', onEnd).off('close', onGone);
      signal.removeEventListener('abort', onGone);
      pod.off('data', onCame).off('drain', onDrain).off('error', onError).off('end', onOver).off('close', onOver);
      resolve(refused);
    };
    const onSaid = (chunk: Buffer): void => {
      kept.push(chunk);
      keptBytes += chunk.length;
      const hasRoom = pod.write(chunk);
      if (!hasRoom || keptBytes > mostKeptBytes) client.pause();
      if (keptBytes > mostKeptBytes) patience ??= setTimeout(() => settled(false), patienceMs);
    };
    const onEnd = (): void => void pod.end();
    const onGone = (): void => void pod.destroy();
    const onDrain = (): void => {
      if (patience === undefined) client.resume();
    };
    const onCame = (chunk: Buffer): void => {
      pod.pause();
      settled(false);
      pod.unshift(chunk);
    };
    const onOver = (): void => settled(false);
    const onError = (error: Error): void => settled(isRefusal(error));
    client.on('data', onSaid).on('end', onEnd).on('close', onGone);
    signal.addEventListener('abort', onGone, { once: true });
    pod.on('data', onCame).on('drain', onDrain).on('error', onError).on('end', onOver).on('close', onOver);
    client.resume();
    pod.resume();
  });
}

function isRefusal(error: Error | null): boolean {
  return error instanceof ForwardError && error.code === 'ECONNREFUSED';
}
