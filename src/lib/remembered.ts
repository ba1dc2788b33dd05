interface Answer<T> {
  at: number;
  value: Promise<T>;
}

/** Answers by their question, of which each counts for some time: who asks again meanwhile gets the same. A rejection is not kept. */
export class Remembered<T> {
  readonly #forMs: number;
  readonly #most: number;
  readonly #answers = new Map<string, Answer<T>>();

  /** Beyond `most` questions all is forgotten. */
  constructor({ forMs, most }: { forMs: number; most: number }) {
    this.#forMs = forMs;
    this.#most = most;
  }

  get(question: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(question);
    if (known !== undefined && Date.now() - known.at < this.#forMs) return known.value;
    if (this.#answers.size >= this.#most) this.#answers.clear();
    const answer = { at: Date.now(), value: ask() };
    this.#answers.set(question, answer);
    answer.value.catch(() => {
      if (this.#answers.get(question) === answer) this.#answers.delete(question);
    });
    return answer.value;
  }
}
