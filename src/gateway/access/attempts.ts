/** Bounds how often a password may be tried: per address, so that one guesser locks nobody else out. */

/** Tries that fail at once; then one more each `refillMs`. */
const burst = 10;
const refillMs = 6000;
const maxAddresses = 10_000;

interface Bucket {
  left: number;
  at: number;
}

export class Attempts {
  readonly #buckets = new Map<string, Bucket>();

  /** Seconds until the next try is allowed; 0: now. */
  waitSeconds(address: string, now: number): number {
    const { left, at } = this.#bucket(address, now);
    return left >= 1 ? 0 : Math.ceil((refillMs * (1 - left) - (now - at)) / 1000);
  }

  failed(address: string, now: number): void {
    const key = keyOf(address);
    const bucket = this.#bucket(address, now);
    // The newest last, so that the oldest go first.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: bucket.left - 1, at: now });
    for (const [oldest] of this.#buckets) {
      if (this.#buckets.size <= maxAddresses) break;
      this.#buckets.delete(oldest);
    }
  }

  succeeded(address: string): void {
    this.#buckets.delete(keyOf(address));
  }

  #bucket(address: string, now: number): Bucket {
    const before = this.#buckets.get(keyOf(address));
    if (before === undefined) return { left: burst, at: now };
    return { left: Math.min(burst, before.left + (now - before.at) / refillMs), at: now };
  }
}

/** Of IPv6 the network: whoever has one address there has them all. */
function keyOf(address: string): string {
  const plain = address.replace(/^::ffff:/, '');
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain;
}
