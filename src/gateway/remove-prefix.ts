/** Takes a path prefix out of the links of a page, where the API server's proxy verb put it in. */
import type { BodyTransform } from '../net/http1/body-transform.ts';

const slash = 0x2f;

/** Removes `prefix` wherever a slash follows. Holds back no more than the prefix is long. */
export class PrefixRemover implements BodyTransform {
  readonly #prefix: Buffer;
  #held: Buffer = Buffer.alloc(0);

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix);
  }

  push(chunk: Buffer): Buffer {
    const prefix = this.#prefix;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const kept: Buffer[] = [];
    let from = 0;
    for (let at = bytes.indexOf(prefix); at !== -1; at = bytes.indexOf(prefix, at + prefix.length)) {
      const after = bytes[at + prefix.length];
      if (after === undefined) break;
      if (after !== slash) continue;
      kept.push(bytes.subarray(from, at));
      from = at + prefix.length;
    }
    const end = bytes.length - this.#partAtEnd(bytes, from);
    kept.push(bytes.subarray(from, end));
    this.#held = Buffer.from(bytes.subarray(end));
    return kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept);
  }

  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  /** How many bytes at the end may be the beginning of the prefix (or all of it, with what follows unknown). */
  #partAtEnd(bytes: Buffer, from: number): number {
    const longest = Math.min(this.#prefix.length, bytes.length - from);
    for (let length = longest; length > 0; length--) {
      if (bytes.subarray(bytes.length - length).equals(this.#prefix.subarray(0, length))) return length;
    }
    return 0;
  }
}
