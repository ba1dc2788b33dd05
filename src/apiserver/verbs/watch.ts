import type { FieldError } from '../../api/status.ts';
import { StatusError } from '../../api/status.ts';
import { toStatusError } from '../filters/errors.ts';
import type { CacheEvent } from '../storage/cache-watcher.ts';
import { Compacted, StorageClosed } from '../storage/storage.ts';
import { chooseView } from '../view.ts';
import { LIST_PARAMETERS } from './list.ts';
import { checkParameters, invalidOptions, readBoolean, readNumber, readRevision } from './parameters.ts';
import { readSelection } from './selection.ts';
import type { Verb } from './verb.ts';
import { WatchEncoder } from './watch-encoder.ts';
import type { WatchSink } from './watch-sink.ts';
import { responseSink } from './watch-sink.ts';
import { webSocketSink } from './watch-web-socket.ts';

/** A watch without timeoutSeconds lasts between this and twice as long, spread so that not all end together. */
const SHORTEST_DEFAULT_SECONDS = 1800;
/** What timers can count to; beyond it they would fire at once. */
const LONGEST_SECONDS = 2_147_000;

interface WatchPlan {
  /** Undefined: everything acknowledged so far; 0: whatever is at hand. */
  revision: number | undefined;
  /** Begin with what exists, as ADDED events. */
  initial: boolean;
  /** Mark the end of the initial events by a bookmark. */
  markInitial: boolean;
  bookmarks: boolean;
}

/**
 * GET with `watch=true`: a stream of events, one JSON document a line, or a message of a WebSocket, that ends only
 * between two of them.
 */
export const watch: Verb = async (call) => {
  const { api, exchange, served, namespace, name } = call;
  checkParameters(exchange, LIST_PARAMETERS);
  const plan = planOf(exchange.query);
  const view = chooseView(exchange, 'watch');
  const selection = readSelection(exchange.query, served, name);
  const sink = exchange.upgrade === undefined ? responseSink(exchange) : webSocketSink(exchange, exchange.upgrade);
  const seconds = readNumber(exchange.query, 'timeoutSeconds') || SHORTEST_DEFAULT_SECONDS * (1 + Math.random());
  const timeIsOver = new AbortController();
  const timer = setTimeout(() => timeIsOver.abort(), Math.min(seconds, LONGEST_SECONDS) * 1000);
  const end = AbortSignal.any([exchange.signal, api.signal, timeIsOver.signal]);
  const encoder = new WatchEncoder({ served, view, selection, now: () => api.now() });
  const events = served.cache.watch({
    prefix: served.prefix(namespace),
    signal: end,
    sendInitialEvents: plan.initial,
    progress: plan.bookmarks,
    ...(plan.revision === undefined ? {} : { after: plan.revision }),
  });
  try {
    await stream(sink, plan, encoder, events);
  } finally {
    clearTimeout(timer);
  }
};

/** The rules of which parameters go together, and what they mean. Throws 422, 400. */
function planOf(query: URLSearchParams): WatchPlan {
  const match = query.get('resourceVersionMatch') ?? '';
  const sendInitial = readBoolean(query, 'sendInitialEvents');
  const errors: FieldError[] = [];
  const forbid = (field: string, why: string) =>
    errors.push({ reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` });
  const field = 'resourceVersionMatch';
  if (sendInitial !== undefined && match !== 'NotOlderThan') {
    forbid(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match !== '') {
    if (sendInitial === undefined) {
      forbid(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    }
    if (match !== 'NotOlderThan') {
      const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`;
      errors.push({ reason: 'FieldValueNotSupported', field, message });
    }
    if (query.has('continue')) forbid(field, 'resourceVersionMatch is forbidden when continue is provided');
  }
  if (errors.length > 0) throw invalidOptions('ListOptions', errors);
  const revision = readRevision(query.get('resourceVersion'));
  const bookmarks = readBoolean(query, 'allowWatchBookmarks') ?? false;
  // without a revision a watch begins with what exists, unless it was told not to
  const initial = sendInitial ?? (revision === undefined || revision === 0);
  return { revision, initial, markInitial: sendInitial === true && bookmarks, bookmarks };
}

async function stream(
  sink: WatchSink,
  plan: WatchPlan,
  encoder: WatchEncoder,
  events: AsyncIterable<CacheEvent[]>,
): Promise<void> {
  // the head goes out before the first event, which may be long in coming, but after what can be refused outright
  const headTimer = setTimeout(() => sink.begin(), 0);
  try {
    for await (const batch of events) {
      sink.begin();
      const lines = encoder.encode(batch, plan);
      if (lines.length > 0 && !(await sink.send(lines))) return sink.cutOff();
    }
    sink.end();
  } catch (error) {
    if (error instanceof StorageClosed) return sink.end();
    if (sink.gone) return;
    const status = streamError(error, plan.revision);
    if (status.reason === 'InternalError') throw error;
    sink.end(encoder.error(status));
  } finally {
    clearTimeout(headTimer);
  }
}

/** What a watch tells in its stream: 410 for a revision, or a reader, that history has left behind. */
function streamError(error: unknown, revision: number | undefined): StatusError {
  if (!(error instanceof Compacted)) return toStatusError(error);
  return new StatusError({
    code: 410,
    reason: 'Expired',
    message: `too old resource version: ${revision ?? 0} (${error.oldest})`,
  });
}
