/** A map whose keys can be walked in order by prefix: what a store needs beside `get`. Order is that of JavaScript strings. */
export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) {
      const last = this.#keys.at(-1);
      if (last === undefined || last < key) this.#keys.push(key);
      else this.#keys.splice(this.#firstNotBefore(key), 0, key);
    }
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.#firstNotBefore(key), 1);
  }

  /** The entries whose key begins with `prefix` and is greater than `after`, in order. Not to be changed meanwhile. */
  *entries(prefix: string, after?: string): Generator<[key: string, value: V]> {
    let index = this.#firstNotBefore(prefix);
    if (after !== undefined && after >= prefix) {
      index = this.#firstNotBefore(after);
      if (this.#keys[index] === after) index += 1;
    }
    for (; index < this.#keys.length; index += 1) {
      const key = this.#keys[index];
      if (key === undefined || !key.startsWith(prefix)) return;
      const value = this.#values.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  #firstNotBefore(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
