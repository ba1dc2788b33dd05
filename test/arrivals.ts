/** For tests: things that come one after the other, each of which can be waited for. */
export class Arrivals<T> {
  readonly #come: T[] = [];
  readonly #waiting = new Map<number, (thing: T) => void>();

  add(thing: T): void {
    this.#waiting.get(this.#come.push(thing) - 1)?.(thing);
  }

  /** Resolves with the one at this place, from 0 on, when it is there. */
  at(place: number): Promise<T> {
    const thing = this.#come[place];
    if (thing !== undefined) return Promise.resolve(thing);
    return new Promise((resolve) => this.#waiting.set(place, resolve));
  }
}
