import type { EventEmitter } from 'node:events';

/** Resolves when a stream that took enough takes more, or will take nothing any more. */
export function roomIn(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('error', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('error', done).on('close', done);
  });
}
