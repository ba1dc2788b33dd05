/** One version of one object, held once and shared by everyone who reads it. Nothing of it may be changed. */
import type { KubeObject } from '../../api/object.ts';
import { withResourceVersion } from './resource-version.ts';

export class CachedObject {
  readonly key: string;
  readonly revision: number;
  /** Bytes of the stored value. */
  readonly size: number;
  #json: Uint8Array;
  #complete = false;
  #object: KubeObject | undefined;

  /** `value` is what the store holds: JSON without metadata.resourceVersion. */
  constructor(key: string, value: Uint8Array, revision: number) {
    this.key = key;
    this.revision = revision;
    this.size = value.byteLength;
    this.#json = value;
  }

  /** JSON with metadata.resourceVersion set, no trailing newline. */
  get bytes(): Uint8Array {
    if (!this.#complete) {
      this.#json = withResourceVersion(this.#json, this.revision);
      this.#complete = true;
    }
    return this.#json;
  }

  /** Parsed when first asked for. */
  get object(): KubeObject {
    if (this.#object === undefined) {
      const { buffer, byteOffset, byteLength } = this.bytes;
      this.#object = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString()) as KubeObject;
    }
    return this.#object;
  }
}
