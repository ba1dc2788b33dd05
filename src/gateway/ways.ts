/** Which way leads to an application: learnt by trying, kept for a while. What rights a user has is no proof of it. */
import { StatusError } from '../api/status.ts';

/** Raw streams to a ready pod, or HTTP through the API server's proxy verb. */
export type Way = 'port-forward' | 'proxy-verb';

/** Then port-forward is tried again: rights may have been granted. */
const memoryMs = 5 * 60_000;
const mostNames = 10_000;

/** By which ways are remembered. */
export function wayKey({
  kind,
  namespace,
  name,
}: {
  kind: 'service' | 'pod';
  namespace: string;
  name: string;
}): string {
  return `${kind} ${namespace}/${name}`;
}

/** Of one context. */
export class Ways {
  readonly #refused = new Map<string, { why: string; until: number }>();
  readonly #listeners = new Set<(key: string) => void>();

  /** `key` is that of `wayKey`. */
  of(key: string): Way {
    return this.whyNotPortForward(key) === undefined ? 'port-forward' : 'proxy-verb';
  }

  /** A sentence without its end, where port-forward is known not to lead there. */
  whyNotPortForward(key: string): string | undefined {
    const known = this.#refused.get(key);
    if (known === undefined || known.until > Date.now()) return known?.why;
    this.#refused.delete(key);
    this.#tell(key);
    return undefined;
  }

  /** Learns from what became of a port-forward. True: it was refused for good, and the other way is to be tried. */
  portForwardFailed(key: string, error: unknown): boolean {
    const cause = error instanceof Error && error.cause instanceof StatusError ? error.cause : error;
    if (!(cause instanceof StatusError) || !isRefusal(cause)) return false;
    if (this.#refused.size >= mostNames) this.#refused.clear();
    this.#refused.set(key, { why: cause.message, until: Date.now() + memoryMs });
    this.#tell(key);
    return true;
  }

  /** Told the key of what takes another way now. Returns a function that ends it. */
  onChange(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(key: string): void {
    for (const listener of this.#listeners) listener(key);
  }
}

/** No right, a server that has no port-forward, or something in between that passes no upgrades on. */
function isRefusal({ code, reason, message }: StatusError): boolean {
  if (code === 400) return /upgrade/i.test(message);
  // The handshake's own failure; a server that cannot reach its node says BadGateway or 500.
  if (code === 502) return reason === 'InternalError';
  return code === 403 || code === 405 || code === 501;
}
