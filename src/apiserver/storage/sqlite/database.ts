/** Opens the database file for this process alone, and makes or migrates its tables. */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { FileProblem } from './file-error.ts';

/** In the file's header: tells our files from others. */
export const applicationId = 0x464c5244;

/** Step N makes format N+1 of format N; format 0 is the empty database. A format, once released, is only ever left this way. */
export const formatSteps: readonly string[] = [
  `CREATE TABLE log (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, deleted INTEGER NOT NULL, value BLOB) STRICT;
   CREATE UNIQUE INDEX log_by_key ON log (key, revision, deleted);
   CREATE TABLE compaction (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
   INSERT INTO compaction VALUES (1, 1);`,
];

export class OpenRefused extends Error {
  readonly problem: FileProblem;
  constructor(problem: FileProblem, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

const pageSize = 4096;

/** Throws OpenRefused, and leaves the file as it was then. */
export function openDatabase(file: string, maxBytes: number, steps: readonly string[] = formatSteps): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    createPrivately(file);
    database = new DatabaseSync(file, { timeout: 0 });
    // The lock is held until the process ends, however it ends, and no shared memory is needed. Nothing else in this
    // process may open the file, not even to read: POSIX drops a process's locks on a file when any of its handles closes.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const version = identify(database, steps.length);
    if (version === 0) database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA auto_vacuum = INCREMENTAL`);
    database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 2097152;
      PRAGMA wal_autocheckpoint = 512; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY`);
    if (maxBytes > 0) database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / pageSize)}`);
    if (version < steps.length) migrate(database, steps, version);
    check(database);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof OpenRefused ? error : new OpenRefused(problemOf(error), messageOf(error));
  }
}

/** A new file is for its owner alone: it will hold secrets. An existing one is not touched. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** The file's format; 0 when it is empty. */
function identify(database: DatabaseSync, newest: number): number {
  const id = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (id === applicationId) {
    if (version > newest) throw new OpenRefused('newer', `format ${version}; this one knows ${newest}`);
    return version;
  }
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {};
  if (id !== 0 || version !== 0 || tables !== 0)
    throw new OpenRefused('foreign', 'a SQLite database of something else');
  return 0;
}

function migrate(database: DatabaseSync, steps: readonly string[], from: number): void {
  database.exec('BEGIN EXCLUSIVE');
  for (const step of steps.slice(from)) database.exec(step);
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`);
  database.exec('COMMIT');
}

function check(database: DatabaseSync): void {
  const { quick_check: finding } = database.prepare('PRAGMA quick_check(1)').get() ?? {};
  if (finding !== 'ok') throw new OpenRefused('corrupt', String(finding).replaceAll('\n', ' '));
}

function pragma(database: DatabaseSync, name: string): number {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name];
  return typeof value === 'number' ? value : 0;
}

/** By SQLite's primary result codes; see sqlite.org/rescode.html. */
function problemOf(error: unknown): FileProblem {
  const code =
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
  if (code === 5 || code === 6) return 'in-use';
  if (code === 11) return 'corrupt';
  if (code === 26) return 'foreign';
  return 'unwritable';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
