/** The latest events of a watch cache, bounded in number, age and bytes. Events are counted from 0 for ever. */
import type { CachedObject } from './cached-object.ts';

export interface ObjectEvent {
  type: 'put' | 'delete';
  /** The object after the write; for a delete its last state, with the deletion's revision. */
  current: CachedObject;
  /** The object before the write; absent when the write created it. */
  previous?: CachedObject;
  revision: number;
}

export interface RingLimits {
  events: number;
  ageMs: number;
  bytes: number;
}

export class EventRing {
  readonly #limits: RingLimits;
  #events: { event: ObjectEvent; at: number }[] = [];
  #first = 0;
  #bytes = 0;
  #floor: number;

  /** `floor`: events after this revision will be pushed. */
  constructor(floor: number, limits: RingLimits) {
    this.#floor = floor;
    this.#limits = limits;
  }

  /** The ring holds every event after this revision. */
  get floor(): number {
    return this.#floor;
  }

  /** The number of the oldest event that is held. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next event will get. */
  get next(): number {
    return this.#first + this.#events.length;
  }

  at(number: number): ObjectEvent | undefined {
    return this.#events[number - this.#first]?.event;
  }

  push(event: ObjectEvent): void {
    const now = performance.now();
    this.#events.push({ event, at: now });
    this.#bytes += event.current.size;
    const { events, ageMs, bytes } = this.#limits;
    for (let oldest = this.#events[0]; oldest !== undefined && this.#events.length > 1; oldest = this.#events[0]) {
      if (this.#events.length <= events && now - oldest.at < ageMs && this.#bytes <= bytes) return;
      this.#events.shift();
      this.#first += 1;
      this.#bytes -= oldest.event.current.size;
      this.#floor = oldest.event.revision;
    }
  }

  /** The number of the first event after the revision; undefined when that is no longer known. */
  seek(revision: number): number | undefined {
    if (revision < this.#floor) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.event.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#first + low;
  }
}
