/** One browser's stream of server-sent events, bounded by what there is to know: of a key only the newest value waits. */
import type { PageStream } from '../gateway/page-handler.ts';

/** Chosen so that a change reaches the eye at once, and a rollout does not become a flood. */
const gatherMs = 30;
/** Proxies and browsers forget silent connections; a comment also finds out that the browser went away. */
const heartbeatMs = 20_000;
/** Written at a time: what waits behind it may still be replaced. */
const pieceLength = 64 * 1024;

export class EventStream {
  readonly #stream: PageStream;
  readonly #pending = new Map<string, string>();
  readonly #heartbeat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #ended = false;

  constructor(stream: PageStream) {
    this.#stream = stream;
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** Replaces what waits under the same key, in its place. `json` is one line. */
  put(key: string, event: string, json: string): void {
    if (this.#ended) return;
    this.#pending.set(key, `event: ${event}\ndata: ${json}\n\n`);
    this.#timer ??= setTimeout(() => void this.#flush(), gatherMs);
  }

  /** The same, behind everything that waits. */
  putLast(key: string, event: string, json: string): void {
    this.#pending.delete(key);
    this.put(key, event, json);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    this.#pending.clear();
    this.#stream.end();
  }

  #beat(): void {
    if (!this.#writing && this.#pending.size === 0) this.#stream.write(': still here\n\n');
  }

  async #flush(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    while (this.#pending.size > 0) {
      let text = '';
      for (const [key, event] of this.#pending) {
        this.#pending.delete(key);
        text += event;
        if (text.length >= pieceLength) break;
      }
      if (!this.#stream.write(text)) await this.#stream.drained();
    }
    this.#writing = false;
    this.#timer = undefined;
  }
}
