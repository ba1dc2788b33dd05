/** Tells when a cluster is out of reach and when it is back: begun by a failure of its watches or connections, not by asking all the time. */
import { StatusError } from '../../api/status.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { backoffMs } from '../../lib/backoff.ts';

const probes = { baseMs: 250, maxMs: 5000 };
const patienceMs = 10_000;

export class OutageWatch {
  readonly #client: ClusterClient;
  readonly #tell: (why: string | undefined) => void;
  readonly #signal: AbortSignal;
  #probing: Promise<void> | undefined;

  /** `tell` gets a sentence, or undefined when the cluster is back. */
  constructor(client: ClusterClient, { tell, signal }: { tell(why: string | undefined): void; signal: AbortSignal }) {
    this.#client = client;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** Something went wrong: looks whether the server is there. What it refused it has answered. */
  suspect(failure: unknown): void {
    if (failure instanceof StatusError || this.#signal.aborted) return;
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
  }

  /** Resolves when nothing is asked any more; the signal ends it. */
  get idle(): Promise<void> {
    return this.#probing ?? Promise.resolve();
  }

  async #probe(): Promise<void> {
    let told = false;
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      const why = await this.#ask();
      if (this.#signal.aborted) return;
      if (why === undefined) {
        if (told) this.#tell(undefined);
        return;
      }
      told = true;
      this.#tell(why);
      await sleepUnlessAborted(backoffMs(attempt, probes), this.#signal);
    }
  }

  async #ask(): Promise<string | undefined> {
    try {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(patienceMs)]);
      const answer = await this.#client.request({ method: 'GET', path: '/version', signal });
      answer.body.destroy();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
