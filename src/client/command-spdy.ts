/** A command's streams as streams of a SPDY connection, each named by its header `streamtype` (v4.channel.k8s.io). */

import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { clientPingMs } from '../net/pings.ts';
import { SpdyConnection } from '../net/spdy/connection.ts';
import type { OpenedStream } from './cluster-client.ts';
import { type CommandInputs, type CommandStreams, closedInput, collectOutcome } from './command-streams.ts';

/** Exactly the streams that the request asked for: the server waits for those, and refuses others. */
export function commandOverSpdy({ stream }: OpenedStream, { stdin, tty }: CommandInputs): CommandStreams {
  const connection = new SpdyConnection(stream, { role: 'client', pingIntervalMs: clientPingMs });
  let isOver = false;
  const open = (type: string) => connection.openStream(new Map([['streamtype', type]]), { isComplete: () => isOver });
  const error = open('error');
  const outcome = collectOutcome(error);
  // Once the outcome is known, whatever the server does to the streams is their end.
  error.on('data', () => {
    isOver = true;
  });
  error.end();
  const input = stdin ? open('stdin') : undefined;
  const output = open('stdout');
  const errors = tty ? undefined : open('stderr');
  const sizes = tty ? open('resize') : undefined;
  for (const each of [output, errors]) each?.end();
  // What nobody sends must not be waited for.
  for (const each of [input, sizes]) each?.resume();

  const readAll = [output, errors].map((each) => each && finished(each, { writable: false }).catch(() => {}));
  const over = finished(error, { writable: false }).catch(() => {});
  // Input that the command did not wait for goes nowhere.
  void Promise.all([over, ...readAll]).then(() => connection.end());
  return {
    stdin: input ?? closedInput('stdin was not asked for'),
    stdout: output,
    stderr: errors ?? Readable.from([]),
    resize: sizes ?? closedInput('a terminal was not asked for'),
    ended: over.then(async () => {
      const text = outcome();
      return { outcome: text, reason: text.length > 0 ? '' : (await connection.closed).reason };
    }),
    terminate: () => connection.destroy(),
  };
}
