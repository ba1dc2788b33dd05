/** A command's streams as streams of a SPDY connection, each named by its header `streamtype` (v4.channel.k8s.io). */
import { finished } from 'node:stream/promises';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { serverPatience } from '../../net/bound-end.ts';
import { serverPingMs } from '../../net/pings.ts';
import { SpdyConnection } from '../../net/spdy/connection.ts';
import { resetStatus } from '../../net/spdy/frames.ts';
import { answerSpdyUpgrade } from '../../net/spdy/handshake.ts';
import type { SpdyStream } from '../../net/spdy/stream.ts';
import { v4Channels } from '../../net/websocket/channels.ts';
import { endStream } from './end-stream.ts';
import { cutOffStatus, type ExecSession, type ExecStreams } from './exec-session.ts';
import { readSizes } from './read-sizes.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

const CREATION_MS = 30_000;
const MAX_STREAMS = 8;
/** How long a client that is cut off may take to read why. */
const FAREWELL_MS = 500;

/**
 * Resolves when the client has opened the streams that it asked for; undefined when it goes, or does not within 30
 * seconds. Throws `HandshakeError` before the upgrade.
 */
export async function openSpdyExec(
  { headers, socket }: UpgradeRequest,
  { input, output, error, terminal }: ExecStreams,
  signal: AbortSignal,
): Promise<ExecSession | undefined> {
  socket.write(answerSpdyUpgrade(headers, [v4Channels]));
  const expected = new Set(['error', ...(input ? ['stdin'] : []), ...(output ? ['stdout'] : [])]);
  if (error) expected.add('stderr');
  if (terminal) expected.add('resize');
  const streams = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<void>();
  const connection = new SpdyConnection(socket, {
    role: 'server',
    maxStreams: MAX_STREAMS,
    pingIntervalMs: serverPingMs,
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? '';
      if (!expected.has(type) || streams.has(type)) {
        stream.reset(resetStatus.refusedStream, `the stream ${JSON.stringify(type)} was not asked for`);
        return;
      }
      streams.set(type, stream);
      // Nobody writes to the others: what comes is forgotten, so that it holds nothing up.
      if (type !== 'stdin' && type !== 'resize') stream.resume();
      if (streams.size === expected.size) complete.resolve();
    },
  });
  const gone = new AbortController();
  void connection.closed.then(() => gone.abort());
  const ends = AbortSignal.any([signal, gone.signal, AbortSignal.timeout(CREATION_MS)]);
  ends.addEventListener('abort', () => complete.resolve(), { once: true });
  if (!ends.aborted) await complete.promise;
  const types = ['error', 'stdin', 'stdout', 'stderr', 'resize'];
  const [errors, stdin, stdout, stderr, resize] = types.map((type) => streams.get(type));
  if (errors === undefined || streams.size < expected.size || ends.aborted) {
    connection.destroy();
    return undefined;
  }
  const finish = async (status: object) => {
    await Promise.all([stdout, stderr].map((stream) => stream && endStream(stream)));
    errors.write(JSON.stringify(status));
    await endStream(errors);
    // The client goes once it has read all. If this side went first, a kube-apiserver between the two would close the client's
    // connection too, whose kernel answers the client's next ping by throwing away what was not read yet.
    await connection.ping();
    await sleepUnlessAborted(serverPatience.endMs, gone.signal);
    connection.end();
  };
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(resize === undefined ? {} : { terminal: readSizes(resize) }),
    gone: gone.signal,
    finish,
    async cutOff(reason) {
      // A client takes an empty stream of errors for success, even on a connection that was lost.
      if (!errors.writableEnded) errors.write(JSON.stringify(cutOffStatus(reason)));
      connection.end();
      await finished(socket, { readable: false, signal: AbortSignal.timeout(FAREWELL_MS) }).catch(() => {});
    },
  };
}
