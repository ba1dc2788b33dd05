/**
 * What a controller has done and its cache has not shown yet, so that nothing is created or deleted twice; after
 * `pkg/controller/controller_utils.go` (ControllerExpectations).
 */

/** A watch that lost an event must not stop a controller for good. */
const validMs = 300_000;

export class Expectations {
  readonly #pending = new Map<string, { creations: number; deletions: Set<string>; at: number }>();

  /** Nothing is outstanding for this key, or it was for too long. */
  satisfied(key: string): boolean {
    const pending = this.#pending.get(key);
    if (pending === undefined) return true;
    return (pending.creations <= 0 && pending.deletions.size === 0) || Date.now() - pending.at > validMs;
  }

  /** Replaces what was expected: call before the requests are sent, once `satisfied`. */
  expect(key: string, { creations = 0, deletions = [] }: { creations?: number; deletions?: readonly string[] }): void {
    this.#pending.set(key, { creations, deletions: new Set(deletions), at: Date.now() });
  }

  /** Seen by the cache, or failed and so never to be seen. */
  created(key: string, count = 1): void {
    const pending = this.#pending.get(key);
    if (pending !== undefined) pending.creations -= count;
  }

  deleted(key: string, uid: string): void {
    this.#pending.get(key)?.deletions.delete(uid);
  }

  forget(key: string): void {
    this.#pending.delete(key);
  }
}
