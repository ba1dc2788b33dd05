/** Objects by key and by index, and listeners that are told every change. */
import type { KubeObject } from '../api/object.ts';
import { reportUncaught } from '../lib/report-uncaught.ts';

type Listener<T> = (next: T | undefined, previous: T | undefined) => void;

export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes: readonly {
    name: string;
    valuesOf: (object: T) => readonly string[];
    keys: Map<string, Set<string>>;
  }[];
  readonly #listeners = new Set<Listener<T>>();

  constructor(indexes: Readonly<Record<string, (object: T) => readonly string[]>>) {
    this.#indexes = Object.entries(indexes).map(([name, valuesOf]) => ({ name, valuesOf, keys: new Map() }));
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.find((each) => each.name === name);
    if (index === undefined) throw new TypeError(`there is no index "${name}"`);
    const found: T[] = [];
    for (const key of index.keys.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** A listener is told of what is already there first, as new. What it throws is an uncaught error; it is told on. */
  onChange(listener: Listener<T>): () => void {
    this.#listeners.add(listener);
    for (const object of this.list()) tell(listener, object, undefined);
    return () => this.#listeners.delete(listener);
  }

  put(key: string, next: T): void {
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSame(previous, next)) return;
    this.#objects.set(key, next);
    this.#reindex(key, next, previous);
    // Deleted and created anew while nobody watched: two objects that share a name.
    if (previous !== undefined && previous.metadata.uid !== next.metadata.uid) {
      this.#tell(undefined, previous);
      this.#tell(next, undefined);
    } else this.#tell(next, previous);
  }

  /** `last` is the object's state as it was deleted. */
  delete(key: string, last?: T): void {
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#objects.delete(key);
    this.#reindex(key, undefined, previous);
    this.#tell(undefined, last ?? previous);
  }

  /** Makes the cache equal to a list and tells the differences. */
  replace(objects: readonly T[], keyOf: (object: T) => string): void {
    const gone = new Set(this.#objects.keys());
    for (const object of objects) {
      const key = keyOf(object);
      gone.delete(key);
      this.put(key, object);
    }
    for (const key of gone) this.delete(key);
  }

  #tell(next: T | undefined, previous: T | undefined): void {
    for (const listener of [...this.#listeners]) tell(listener, next, previous);
  }

  #reindex(key: string, next: T | undefined, previous: T | undefined): void {
    for (const { valuesOf, keys } of this.#indexes) {
      if (previous !== undefined) {
        for (const value of valuesOf(previous)) {
          const set = keys.get(value);
          set?.delete(key);
          if (set?.size === 0) keys.delete(value);
        }
      }
      if (next === undefined) continue;
      for (const value of valuesOf(next)) {
        const set = keys.get(value);
        if (set === undefined) keys.set(value, new Set([key]));
        else set.add(key);
      }
    }
  }
}

function tell<T>(listener: Listener<T>, next: T | undefined, previous: T | undefined): void {
  try {
    listener(next, previous);
  } catch (error) {
    reportUncaught(error);
  }
}

/** The uid too: another cluster behind the same address may count its versions alike. */
function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
}
