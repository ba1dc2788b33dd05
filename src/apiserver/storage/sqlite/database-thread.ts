/** The main thread's side of the database's thread: calls with answers, in the order they were made. */
import { Worker } from 'node:worker_threads';
import { programUrl } from '../../../lib/program-url.ts';
import { Compacted, FutureRevision, StorageClosed } from '../storage.ts';
import { StorageFileError, StorageWriteError } from './file-error.ts';
import type { CallAnswer, CallName, Calls, Failure, Opening, WorkerSettings } from './protocol.ts';

interface PendingCall {
  name: CallName;
  resolve(result: never): void;
  reject(reason: unknown): void;
}

/** Opens the database in a thread of its own. Throws StorageFileError. */
export async function startDatabaseThread(
  settings: WorkerSettings,
): Promise<{ thread: DatabaseThread; revision: number }> {
  const worker = new Worker(programUrl('./worker.ts', import.meta.url), {
    name: 'storage',
    workerData: settings,
    // Not those of the process: some (`--input-type`) do not suit a file.
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 },
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const opening = await new Promise<Opening>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new StorageClosed()));
  });
  if (!opening.opened) {
    await exited;
    throw new StorageFileError(opening.problem, settings.file, opening.detail);
  }
  return { thread: new DatabaseThread(worker, exited, settings.file), revision: opening.revision };
}

export class DatabaseThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #file: string;
  readonly #calls = new Map<number, PendingCall>();
  #lastId = 0;
  #ended: StorageClosed | undefined;

  constructor(worker: Worker, exited: Promise<void>, file: string) {
    this.#worker = worker;
    this.#exited = exited;
    this.#file = file;
    worker.removeAllListeners('error');
    worker.on('message', (answer: CallAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#end(new StorageClosed(error)));
    worker.on('exit', () => this.#end(new StorageClosed()));
  }

  /** Called once when the thread has ended, whether asked to or not. */
  onEnd: (reason: StorageClosed) => void = () => {};

  call<N extends CallName>(name: N, argument: Calls[N]['argument']): Promise<Calls[N]['result']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<Calls[N]['result']>();
    this.#calls.set(this.#lastId, { name, resolve, reject });
    this.#worker.postMessage({ id: this.#lastId, name, argument });
    return promise;
  }

  /** Resolves when the file is closed and the thread gone. */
  async close(): Promise<void> {
    this.call('close', undefined).catch(() => {});
    await this.#exited;
  }

  #settle(answer: CallAnswer): void {
    const call = this.#calls.get(answer.id);
    if (call === undefined) return;
    this.#calls.delete(answer.id);
    if ('failure' in answer) call.reject(this.#errorOf(call.name, answer.failure));
    // The worker answers a call with the result type of its name.
    else call.resolve(answer.result as never);
  }

  #errorOf(name: CallName, failure: Failure): Error {
    if (failure.kind === 'compacted') return new Compacted(failure.oldest);
    if (failure.kind === 'future') return new FutureRevision(failure.requested, failure.current);
    if (name === 'commit' || name === 'compact') return new StorageWriteError(this.#file, failure.detail);
    return new StorageFileError('corrupt', this.#file, failure.detail);
  }

  #end(reason: StorageClosed): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    for (const call of this.#calls.values()) call.reject(reason);
    this.#calls.clear();
    this.onEnd(reason);
  }
}
