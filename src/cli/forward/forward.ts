/** One local port that leads to a service or a pod, and how it stands. Other forwards do not know of it. */
import type { Socket } from 'node:net';
import type { Destination, Target } from '../../gateway/destination.ts';
import type { Destinations } from '../../gateway/destinations.ts';
import { ListenError, openListeners } from '../../gateway/listeners.ts';
import { type Problem, problemText } from '../../gateway/problem.ts';
import { relayRaw } from '../../gateway/raw-relay.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { cut } from '../../net/cut.ts';
import { ForwardRight } from './right.ts';

export type ForwardState =
  | { kind: 'starting' }
  /** New connections go to these pods, the least busy one first. */
  | { kind: 'ready'; pods: readonly string[] }
  /** New connections wait a moment, then are reset. */
  | { kind: 'down'; why: string }
  /** Nothing listens: it is over. */
  | { kind: 'failed'; why: string };

export interface ForwardStatus {
  /** `[CONTEXT/]NAMESPACE/SERVICE[:PORT]`, `pod/NAME:PORT` of its namespace. */
  to: string;
  /** 0 before it listens. */
  local: number;
  state: ForwardState;
  connections: { open: number; total: number; failed: number };
}

export interface ForwardOptions {
  to: string;
  target: Target;
  local: number;
  destinations: Destinations;
  signal: AbortSignal;
  /** Its status has changed. */
  onChange(): void;
  /** A connection could not be led on, or broke. */
  onFailure(why: string): void;
}

/** So long a connection waits for a pod: between the end of one and the readiness of the next. */
const patienceMs = 10_000;
/** Who may not watch is told of changes by asking, and a cluster that was away by trying. */
const askMs = 3000;

export class Forward implements AsyncDisposable {
  readonly #options: ForwardOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #parts = new AsyncDisposableStack();
  readonly #running = new Set<Promise<void>>();
  readonly #right = new ForwardRight();
  /** No waiting helps then. */
  #mayNot = false;
  readonly #counts = { open: 0, total: 0, failed: 0 };
  /** Resolved, and made anew, with each change of state. */
  #changed = Promise.withResolvers<void>();
  #state: ForwardState = { kind: 'starting' };
  #local = 0;
  /** Why the whole cluster is out of reach; what is known of its pods does not count then. */
  #outage: string | undefined;
  #asking: Promise<void> | undefined;
  #askAgain = false;

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
  }

  get status(): ForwardStatus {
    const { to, local } = this.#options;
    return { to, local: this.#local || local, state: this.#state, connections: { ...this.#counts } };
  }

  /** Begins to listen, on loopback, and to keep the status. Where it cannot listen its state says so; never rejects. */
  async start(): Promise<void> {
    const { local } = this.#options;
    try {
      const bound = await openListeners({ host: 'localhost', port: local }, (client) => this.#accept(client));
      this.#parts.use(bound);
      this.#local = bound.port;
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      this.fail(`${error.message.replace(/\.$/, '')}; to take another: ${this.#options.to}=OTHERPORT`);
      return;
    }
    this.#running.add(this.#keepAsking());
  }

  /** It is over, for this reason. */
  fail(why: string): void {
    this.#set({ kind: 'failed', why });
  }

  /** Something has changed in the cluster: look again. */
  refresh(): void {
    this.#askAgain = true;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
  }

  /** The cluster is out of reach, or (undefined) back. */
  setOutage(why: string | undefined): void {
    this.#outage = why;
    if (why !== undefined && this.#state.kind !== 'failed') this.#set({ kind: 'down', why });
    else this.refresh();
  }

  async #ask(): Promise<void> {
    while (this.#askAgain && !this.#signal.aborted && this.#state.kind !== 'failed') {
      this.#askAgain = false;
      await this.#find();
    }
  }

  /** Undefined where there is none now; the state says why. */
  async #find(): Promise<Destination | undefined> {
    const { destinations, target } = this.#options;
    const found = await destinations.find(target);
    if (this.#signal.aborted) return undefined;
    if ('problem' in found) {
      this.#set({ kind: 'down', why: this.#reason(found.problem) });
      return undefined;
    }
    const missing = await this.#right.missing(found.destination, this.#signal);
    if (this.#signal.aborted) return undefined;
    this.#mayNot = missing !== undefined;
    if (missing !== undefined) {
      if (this.#outage === undefined) this.#set({ kind: 'down', why: missing });
      return undefined;
    }
    if (this.#outage === undefined) {
      this.#set({ kind: 'ready', pods: found.destination.candidates.map(({ pod, port }) => `${pod}:${port}`) });
    }
    return found.destination;
  }

  #reason(problem: Problem): string {
    // The gateway's advice is for names of hosts.
    const [first] = problem.links ?? [];
    if (problem.code === 300 && first !== undefined) {
      const ports = problem.links?.map(({ text }) => text).join(', ');
      return `${problem.title}: name one, as in ${this.#options.to}:${first.text.split(' ')[0]}=LOCALPORT; there is ${ports}`;
    }
    if (problem.code !== 404 && problem.code !== 503) return problemText(problem);
    return `${problem.title}; "fairlead why ${this.#options.to}" tells more`;
  }

  async #keepAsking(): Promise<void> {
    while (!this.#signal.aborted) {
      this.refresh();
      await this.#asking;
      await sleepUnlessAborted(askMs, this.#signal);
    }
  }

  #accept(client: Socket): void {
    const leading = this.#lead(client).finally(() => this.#running.delete(leading));
    this.#running.add(leading);
  }

  async #lead(client: Socket): Promise<void> {
    client.on('error', () => client.destroy());
    this.#counts.open++;
    this.#counts.total++;
    this.#options.onChange();
    try {
      const destination = await this.#waitFor(client);
      if (destination === undefined) {
        if (!client.destroyed && !this.#signal.aborted) {
          this.#counts.failed++;
          this.#options.onFailure(this.#state.kind === 'down' ? this.#state.why : 'no pod is ready');
        }
        cut(client);
        return;
      }
      await relayRaw(client, destination, { signal: this.#signal });
    } catch (error) {
      this.#counts.failed++;
      this.#options.onFailure(error instanceof Error ? error.message : String(error));
      this.refresh();
    } finally {
      this.#counts.open--;
      this.#options.onChange();
    }
  }

  /** A pod to go to, now or in a moment. */
  async #waitFor(client: Socket): Promise<Destination | undefined> {
    const limit = Date.now() + patienceMs;
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    client.once('close', leave);
    try {
      for (;;) {
        const changed = this.#changed.promise;
        const destination = await this.#find();
        if (destination !== undefined || this.#mayNot || gone.signal.aborted || this.#signal.aborted)
          return destination;
        const left = limit - Date.now();
        if (left <= 0) return undefined;
        const over = AbortSignal.any([gone.signal, this.#signal]);
        await Promise.race([changed, sleepUnlessAborted(Math.min(left, askMs), over)]);
      }
    } finally {
      client.off('close', leave);
    }
  }

  #set(state: ForwardState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    this.#options.onChange();
  }

  /** Ends its connections too. May be called again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#parts.disposeAsync(), this.#asking, ...this.#running]);
  }
}
