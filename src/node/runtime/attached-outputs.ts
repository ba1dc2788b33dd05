/** Who else gets a container's output, besides its log. */
import type { Writable } from 'node:stream';
import type { LogStream } from '../logs/container-log.ts';

/** A reader that is behind by more is cut off: no reader holds a container up. */
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;

export interface OutputSinks {
  stdout?: Writable;
  stderr?: Writable;
  /** Called once when a sink could not keep up; it gets nothing more. */
  tooSlow(): void;
}

export class AttachedOutputs {
  readonly #all = new Set<OutputSinks>();

  /** From now on output goes there too. Returns a function that ends it. */
  add(sinks: OutputSinks): () => void {
    this.#all.add(sinks);
    return () => this.#all.delete(sinks);
  }

  pass(stream: LogStream, chunk: Buffer): void {
    for (const sinks of this.#all) {
      const sink = sinks[stream];
      if (sink === undefined || sink.destroyed) continue;
      if (sink.writableLength > MAX_BEHIND_BYTES) {
        this.#all.delete(sinks);
        sinks.tooSlow();
      } else sink.write(chunk);
    }
  }
}
