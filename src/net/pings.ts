/** Keeps a quiet stream into a pod from being taken for idle by what lies between, and finds out that nobody is there any more. */

/** As often as kubectl: there are proxies that cut what is quiet for eight seconds. */
export const clientPingMs = 5000;
export const serverPingMs = 30_000;

/** Something that lies between may look at one direction alone: so often it sees something go out, whatever comes in. */
const longestMs = 30_000;
/** Pings in a row without anything heard until the peer is taken for gone; a client is as patient as kubectl. */
const patience = { client: 12, server: 1 };

export interface PingingEnd {
  /** False while what comes is left where it is: nothing that was heard, or was not, says anything about the peer then. */
  isReading(): boolean;
  /** Whether a peer that is there answers at all times. */
  isAnswered(): boolean;
  send(): void;
  /** The peer has been silent for too long. */
  giveUp(): void;
}

/**
 * A ping goes out where nothing came for an interval. A stream that is read from is seen to be in use, and one that we hold up is better
 * left alone: the peer may have written all and be gone, and a ping that reaches it makes its kernel reset the connection, and throw away
 * what is still to be read.
 */
export class Pings {
  readonly #end: PingingEnd;
  readonly #patience: number;
  readonly #longest: number;
  readonly #timer: NodeJS.Timeout;
  #heard = true;
  #unanswered = 0;
  #isStopped = false;
  /** Intervals since the last ping. */
  #since = 0;

  constructor(intervalMs: number, role: 'client' | 'server', end: PingingEnd) {
    this.#end = end;
    this.#patience = patience[role];
    this.#longest = longestMs / intervalMs;
    this.#timer = setInterval(() => this.#tick(), intervalMs).unref();
  }

  /** Anything came. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  #tick(): void {
    const isReading = this.#end.isReading();
    const isQuiet = !this.#heard && isReading;
    this.#heard = false;
    if (!isQuiet || !this.#end.isAnswered()) this.#unanswered = 0;
    else if (this.#unanswered >= this.#patience) {
      // The answer may be there and not read yet, where this process was held up.
      setImmediate(() => {
        if (!this.#heard && !this.#isStopped && this.#end.isReading()) this.#end.giveUp();
      });
      return;
    }
    this.#since++;
    if (!isQuiet && this.#since < this.#longest) return;
    this.#since = 0;
    if (isReading) this.#unanswered++;
    this.#end.send();
  }
}
