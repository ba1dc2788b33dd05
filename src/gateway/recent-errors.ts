/** What went wrong of late, for people who look: bounded, and without what requests carry (paths, queries, headers). */

export interface RecentError {
  /** When it happened last, in milliseconds since 1970. */
  at: number;
  /** Which part of the gateway, or what carried it: `app`, `api`, `socks`. */
  where: string;
  /** A sentence or a heading. */
  text: string;
  /** How often, since it was first kept. */
  count: number;
}

const mostKept = 30;
const longest = 300;

export class RecentErrors {
  /** By place and text, the latest last. */
  readonly #errors = new Map<string, RecentError>();

  note(where: string, text: string): void {
    const cut = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
    const key = `${where}\n${cut}`;
    const count = (this.#errors.get(key)?.count ?? 0) + 1;
    this.#errors.delete(key);
    this.#errors.set(key, { at: Date.now(), where, text: cut, count });
    if (this.#errors.size <= mostKept) return;
    const [oldest] = this.#errors.keys();
    if (oldest !== undefined) this.#errors.delete(oldest);
  }

  /** The latest first. */
  list(): readonly RecentError[] {
    return [...this.#errors.values()].reverse();
  }
}
