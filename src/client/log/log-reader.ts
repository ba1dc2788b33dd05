/** Reads of one container's log, each of which tells only what those before it did not. */
import { StatusError } from '../../api/status.ts';
import type { ClusterClient } from '../cluster-client.ts';
import { type LogOptions, openLog } from '../pod-log.ts';
import { segment } from '../resource-path.ts';
import type { FollowLogOptions, PodName } from './follow-log.ts';
import { LogLines } from './log-lines.ts';
import { LogPosition } from './log-position.ts';

export class LogReader {
  /** A request was answered. */
  wasOpen = false;
  readonly #client: ClusterClient;
  readonly #path: string;
  readonly #options: FollowLogOptions;
  readonly #position: LogPosition;
  readonly #began = Date.now();
  /** A run after the first is wanted from its beginning. */
  #isFirstRun = true;
  /** What was told last is of the run that is read. */
  #isInRun = true;

  constructor(client: ClusterClient, { namespace, name }: PodName, options: FollowLogOptions) {
    this.#client = client;
    this.#path = `/api/v1/namespaces/${segment(namespace, 'namespace')}/pods/${segment(name, 'name')}/log`;
    this.#options = options;
    this.#position = new LogPosition(options.timestamps === true);
  }

  /** Where nothing of what is there is wanted, the last line must be known: there would be no place to go on from. */
  async prepare(): Promise<void> {
    if (this.#options.tailLines !== 0) return;
    try {
      const last = Buffer.concat(await (await this.#ask({ tailLines: 1 })).toArray());
      this.#position.startAfter(last);
    } catch {
      // What is wrong the next request tells; a container that has yet to start has no line.
    }
  }

  /**
   * `onOpen` is told when the answer begins, `onMissing` before a line which others came before that are no longer kept.
   * Throws what the request and its answer throw.
   */
  async *read(
    how: Pick<LogOptions, 'follow' | 'previous'>,
    { onOpen = () => {}, onMissing }: { onOpen?: () => void; onMissing: () => void },
  ): AsyncGenerator<Buffer> {
    const body = await this.#ask({ ...this.#selection(), ...how });
    this.wasOpen = true;
    onOpen();
    this.#position.begin(this.#isInRun);
    const lines = new LogLines();
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        for (const piece of lines.take(chunk)) {
          const told = this.#position.take(piece);
          if (this.#position.takeMissing()) onMissing();
          if (told === undefined) continue;
          this.#isInRun = true;
          yield told;
        }
      }
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw error;
    } finally {
      body.destroy();
    }
    const rest = lines.rest();
    const told = rest && this.#position.take({ bytes: rest, ends: false });
    if (told !== undefined) yield told;
  }

  /** What was not told of the run before, as far as it is still there. `wasRead`: it is the one that was read so far. */
  async *readPrevious({ wasRead, onMissing }: { wasRead: boolean; onMissing: () => void }): AsyncGenerator<Buffer> {
    this.#isFirstRun = false;
    this.#isInRun &&= wasRead;
    try {
      yield* this.read({ previous: true }, { onMissing });
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (error instanceof StatusError && (error.code === 401 || error.code === 403)) throw error;
    }
    this.#isInRun = false;
  }

  #ask(more: Omit<LogOptions, 'container'>) {
    const { container, signal, insecureSkipTLSVerifyBackend } = this.#options;
    const same = insecureSkipTLSVerifyBackend === undefined ? {} : { insecureSkipTLSVerifyBackend };
    return openLog(this.#client, this.#path, { ...same, ...more, container, timestamps: true, signal });
  }

  /** From where the log was told up to now; while nothing was, what the user chose. */
  #selection(): LogOptions {
    const { since } = this.#position;
    if (since !== undefined) return { sinceTime: since };
    if (!this.#isFirstRun) return {};
    const { sinceSeconds, sinceTime, tailLines } = this.#options;
    const passed = Math.floor((Date.now() - this.#began) / 1000);
    return {
      ...(sinceSeconds !== undefined && { sinceSeconds: sinceSeconds + passed }),
      ...(sinceTime !== undefined && { sinceTime }),
      ...(tailLines !== undefined && { tailLines }),
    };
  }
}
