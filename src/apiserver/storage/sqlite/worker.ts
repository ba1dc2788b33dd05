/**
 * The thread that owns the database: SQLite is synchronous, and an fsync must not stop the server. It serves one call after
 * the other; a commit's answer leaves only after COMMIT has returned.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { History } from '../history.ts';
import { Compacted, FutureRevision } from '../storage.ts';
import { messageOf, OpenRefused, openDatabase } from './database.ts';
import type { CallAnswer, CallRequest, Failure, Opening, WorkerSettings } from './protocol.ts';
import { RevisionLog } from './revision-log.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
serve(port, workerData as WorkerSettings);

function serve(port: NonNullable<typeof parentPort>, { file, history: limits, maxBytes }: WorkerSettings): void {
  const say = (message: Opening | CallAnswer): void => port.postMessage(message);
  let database: ReturnType<typeof openDatabase>;
  try {
    database = openDatabase(file, maxBytes);
  } catch (error) {
    const problem = error instanceof OpenRefused ? error.problem : 'unwritable';
    say({ opened: false, problem, detail: messageOf(error) });
    return;
  }
  const log = new RevisionLog(database);
  const history = new History(limits, { compacted: log.compacted, current: log.revision });

  const call = (request: CallRequest): CallAnswer => {
    const { id } = request;
    switch (request.name) {
      case 'commit': {
        const result = log.commit(request.argument);
        const bytes = request.argument.reduce((sum, write) => sum + ('value' in write ? write.value.byteLength : 0), 0);
        history.note(log.revision, bytes);
        return { id, result };
      }
      case 'get':
        return { id, result: log.get(request.argument) };
      case 'list':
        return { id, result: log.list(request.argument) };
      case 'history':
        return { id, result: log.history(request.argument) };
      case 'compact':
        log.compact(request.argument);
        return { id, result: undefined };
      case 'close':
        database.close();
        return { id, result: undefined };
    }
  };

  port.on('message', (request: CallRequest) => {
    try {
      say(call(request));
    } catch (error) {
      say({ id: request.id, failure: failureOf(error) });
    }
    if (request.name === 'close') port.close();
    else if (request.name === 'commit') compactIfDue(log, history);
  });
  say({ opened: true, revision: log.revision });
}

/** A compaction that fails (on a full disk) is made up for by the next one: nothing that was acknowledged depends on it. */
function compactIfDue(log: RevisionLog, history: History): void {
  const due = history.due();
  if (due === undefined) return;
  try {
    log.compact(due);
  } catch {}
}

function failureOf(error: unknown): Failure {
  if (error instanceof Compacted) return { kind: 'compacted', oldest: error.oldest };
  if (error instanceof FutureRevision) return { kind: 'future', requested: error.requested, current: error.current };
  return { kind: 'database', detail: messageOf(error) };
}
