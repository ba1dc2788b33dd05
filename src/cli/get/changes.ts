/** The changes of what `get -w` shows, over connections that are cut: what lies between ends those that were idle. */
import type { UnstructuredObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { WatchEvent } from '../../client/cluster-client.ts';
import { ConnectionError } from '../../client/connection-error.ts';
import { WatchBroken, WatchMalformed, watchEvents } from '../../client/watch-stream.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { parseExactJson } from '../../lib/exact-json.ts';
import { isRecord } from '../../lib/is-record.ts';
import { AnswerLimit } from '../answer-limit.ts';
import type { ApiReader } from '../api-reader.ts';
import { withQuery } from './request-path.ts';

/** Some twenty seconds, in which a server may start again. */
const maxTries = 8;
const restart = { baseMs: 200, maxMs: 5_000 };
/** A watch that lived this long was cut for usual reasons, though nothing had come. */
const healthyMs = 5_000;

interface ChangesOptions {
  query: Readonly<Record<string, string | undefined>>;
  accept: string;
  /** What came after it is told. */
  resourceVersion: string;
}

/**
 * Ends where the server ends it, and when `--request-timeout` is over. One that is cut goes on after the last change that came.
 * Throws what the client's watches throw for one that is cut at once or cannot be had again, and where changes are no longer kept.
 */
export async function* changesOf(
  reader: ApiReader,
  path: string,
  { query, accept, resourceVersion }: ChangesOptions,
): AsyncGenerator<WatchEvent<UnstructuredObject>> {
  using limit = new AnswerLimit(reader.signal, reader.config.requestTimeoutMs);
  let version = resourceVersion;
  let triesLeft = 0;
  for (;;) {
    const startedAt = Date.now();
    try {
      // With bookmarks, so that the version of a quiet watch stays one that is kept.
      const watched = { ...query, resourceVersion: version, watch: 'true', allowWatchBookmarks: 'true' };
      const body = await reader.getStream(withQuery(path, watched), accept);
      limit.cover(body);
      for await (const event of watchEvents<UnstructuredObject>(body, parseExactJson)) {
        triesLeft = maxTries;
        version = versionOf(event.object) ?? version;
        if (event.type !== 'BOOKMARK') yield event;
      }
      return;
    } catch (error) {
      if (limit.isOver) return;
      if (isCut(error) && Date.now() - startedAt > healthyMs) triesLeft = maxTries;
      if (!isCut(error) || triesLeft === 0) throw error;
      triesLeft--;
    }
    await sleepUnlessAborted(backoffMs(maxTries - triesLeft, restart), limit.signal);
    if (limit.isOver) return;
  }
}

/** What a server's stop or a connection's end looks like, and not what it refuses. */
function isCut(error: unknown): boolean {
  if (error instanceof StatusError) return error.code === 429 || error.code >= 500;
  return error instanceof ConnectionError || (error instanceof WatchBroken && !(error instanceof WatchMalformed));
}

/** Of an object, or of that in the one row of a table. */
function versionOf(told: Readonly<Record<string, unknown>>): string | undefined {
  const [row] = Array.isArray(told.rows) ? told.rows : [];
  const object: unknown = isRecord(row) ? row.object : told;
  const metadata = isRecord(object) ? object.metadata : undefined;
  const version = isRecord(metadata) ? metadata.resourceVersion : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}
