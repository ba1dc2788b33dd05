/** The body of a watch: one JSON event per line. */
import type { Readable } from 'node:stream';
import type { KubeObject } from '../api/object.ts';
import { isRecord } from '../lib/is-record.ts';
import type { WatchEvent } from './cluster-client.ts';
import { isStatus, statusError } from './response-body.ts';

/** An object is at most 1.5 MiB in etcd; an event of more than this is no event. */
const maxEventBytes = 16 * 1024 * 1024;

/** The stream ended within an event: what was read before stays true. */
export class WatchBroken extends Error {
  override readonly name: string = 'WatchBroken';
}

/** It held something that is no event: perhaps no API server speaks there. */
export class WatchMalformed extends WatchBroken {
  override readonly name = 'WatchMalformed';
}

/**
 * Ends when the server ends the stream between two events. Throws StatusError for an ERROR event, WatchBroken for a
 * stream that is cut off or malformed. Reads on only as events are taken. Stopping early destroys the body.
 */
export async function* watchEvents<T extends KubeObject>(
  body: Readable,
  parse: (text: string) => unknown,
): AsyncGenerator<WatchEvent<T>> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        const tail = chunk.subarray(start, end);
        const line = pendingBytes === 0 ? tail : Buffer.concat([...pending, tail]);
        pending = [];
        pendingBytes = 0;
        start = end + 1;
        if (line.length > 0) yield parseEvent<T>(line, parse);
      }
      if (start < chunk.length) {
        pending.push(chunk.subarray(start));
        pendingBytes += chunk.length - start;
        if (pendingBytes > maxEventBytes)
          throw new WatchMalformed(`a watch event is larger than ${maxEventBytes} bytes`);
      }
    }
  } finally {
    body.destroy();
  }
  if (pendingBytes > 0) throw new WatchBroken('the watch was cut off within an event');
}

function parseEvent<T extends KubeObject>(line: Buffer, parse: (text: string) => unknown): WatchEvent<T> {
  let event: unknown;
  try {
    event = parse(line.toString('utf8'));
  } catch {
    throw new WatchMalformed('a line of the watch is not JSON');
  }
  const type = isRecord(event) ? event.type : undefined;
  const object = isRecord(event) ? event.object : undefined;
  if (type === 'ERROR') {
    if (isStatus(object)) throw statusError(object);
    throw new WatchMalformed('the watch sent an ERROR event without a Status');
  }
  if ((type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK') && isRecord(object)) {
    if (isObject<T>(object)) return { type, object };
    throw new WatchMalformed(`the watch sent ${type} of an object without metadata`);
  }
  throw new WatchMalformed('the watch sent something that is no event');
}

/** What an API server sends under a resource's path is of that resource's kind: no more is looked at than that it is an object. */
function isObject<T extends KubeObject>(value: unknown): value is T {
  return isRecord(value) && isRecord(value.metadata);
}
