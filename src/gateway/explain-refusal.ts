/** Where both ways to an application are refused, the API server's answer to the second one tells of the first one too. */
import type { BodyTransform } from '../net/http1/body-transform.ts';

/** A Status is short; longer answers are an application's. */
const longest = 64 * 1024;

export class RefusalExplainer implements BodyTransform {
  readonly #first: string;
  #held: Buffer[] = [];
  #bytes = 0;

  /** `first`: why a port-forward was refused. */
  constructor(first: string) {
    this.#first = first;
  }

  push(chunk: Buffer): Buffer {
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes <= longest ? Buffer.alloc(0) : this.#release();
  }

  end(): Buffer {
    const body = this.#release();
    let status: unknown;
    try {
      status = JSON.parse(body.toString());
    } catch {
      return body;
    }
    if (!isForbidden(status)) return body;
    const message = `${status.message}. The other way is closed too: ${this.#first}. Ask for the right to create pods/portforward, or for services/proxy.`;
    return Buffer.from(`${JSON.stringify({ ...status, message })}\n`);
  }

  #release(): Buffer {
    const all = Buffer.concat(this.#held);
    this.#held = [];
    return all;
  }
}

function isForbidden(value: unknown): value is { message: string } {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('reason' in value)) return false;
  return (
    value.kind === 'Status' && value.reason === 'Forbidden' && 'message' in value && typeof value.message === 'string'
  );
}
