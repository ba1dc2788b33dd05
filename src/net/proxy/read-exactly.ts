/** Reads the few bytes of a proxy's answers off a stream, and leaves what follows in it. */
import type { Duplex } from 'node:stream';

/** Gives a result and the bytes it left, or undefined when it needs more. */
export type Take<T> = (bytes: Buffer) => { value: T; rest: Buffer } | undefined;

/** Rejects when the stream ends or fails first, when `take` throws, and with the signal's reason. */
export function takeFrom<T>(stream: Duplex, take: Take<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const stop = () => {
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.off('close', onEnd);
      stream.off('error', onError);
      signal.removeEventListener('abort', onAbort);
      stream.pause();
    };
    const fail = (error: unknown) => {
      stop();
      reject(error);
    };
    const onEnd = () => fail(new Error('closed the connection before it was through'));
    const onError = (error: Error) => fail(error);
    const onAbort = () => fail(signal.reason);
    const onData = (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      try {
        const taken = take(held);
        if (taken === undefined) return;
        stop();
        if (taken.rest.length > 0) stream.unshift(taken.rest);
        resolve(taken.value);
      } catch (error) {
        fail(error);
      }
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.on('close', onEnd);
    stream.on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    stream.resume();
  });
}

/** As `Take`, for a number of bytes. */
export function exactly(length: number): Take<Buffer> {
  return (bytes) =>
    bytes.length < length ? undefined : { value: bytes.subarray(0, length), rest: bytes.subarray(length) };
}
