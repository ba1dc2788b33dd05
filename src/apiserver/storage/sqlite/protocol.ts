/** What the main thread and the thread that owns the database say to each other. */
import type { HistoryLimits } from '../history.ts';
import type { ListOptions, ListResult, StorageEvent, StoredEntry } from '../storage.ts';
import type { FileProblem } from './file-error.ts';

export interface WorkerSettings {
  file: string;
  history: HistoryLimits;
  /** The file's size limit in bytes; 0: none. */
  maxBytes: number;
}

/** The worker's first message. */
export type Opening = { opened: true; revision: number } | { opened: false; problem: FileProblem; detail: string };

export type Write =
  | { type: 'create'; key: string; value: Uint8Array }
  | { type: 'update'; key: string; value: Uint8Array; expected: number }
  | { type: 'delete'; key: string; expected: number };

export type WriteOutcome =
  | { done: true; revision: number; previous?: Uint8Array }
  | { done: false; current: StoredEntry | undefined };

export interface HistoryOptions {
  prefix: string;
  after: number;
  upTo: number;
  /** At most so many events. */
  limit: number;
}

/** Requests by name, with what they are answered with. */
export interface Calls {
  /** All of the writes become durable together, or none; those that are refused take no part. */
  commit: { argument: Write[]; result: WriteOutcome[] };
  get: { argument: string; result: StoredEntry | undefined };
  list: { argument: ListOptions; result: ListResult };
  history: { argument: HistoryOptions; result: StorageEvent[] };
  compact: { argument: number; result: undefined };
  close: { argument: undefined; result: undefined };
}

export type CallName = keyof Calls;
export type CallRequest = { [N in CallName]: { id: number; name: N; argument: Calls[N]['argument'] } }[CallName];

export type Failure =
  | { kind: 'compacted'; oldest: number }
  | { kind: 'future'; requested: number; current: number }
  | { kind: 'database'; detail: string };

export type CallAnswer = { id: number; result: Calls[CallName]['result'] } | { id: number; failure: Failure };
