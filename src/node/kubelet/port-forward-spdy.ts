/**
 * /portForward/NAMESPACE/POD over SPDY, raw or in the messages of a WebSocket: each TCP connection to the pod is a pair
 * of streams, `streamtype` data and error, of the same `requestid`, as many as the client opens.
 */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { goErrorText } from '../../net/go-error-text.ts';
import { serverPingMs } from '../../net/pings.ts';
import { readOn } from '../../net/read-on.ts';
import { relay } from '../../net/relay.ts';
import { SpdyConnection } from '../../net/spdy/connection.ts';
import { resetStatus } from '../../net/spdy/frames.ts';
import { answerSpdyUpgrade } from '../../net/spdy/handshake.ts';
import type { SpdyStream } from '../../net/spdy/stream.ts';
import { WebSocketByteStream } from '../../net/websocket/byte-stream.ts';
import { answerHandshake, HandshakeError, isWebSocketRequest } from '../../net/websocket/handshake.ts';
import { endStream } from './end-stream.ts';
import { HttpError } from './http-error.ts';
import type { PodHandle } from './pod-access.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

export const portForwardProtocol = 'portforward.k8s.io';
export const tunnelledPortForward = `SPDY/3.1+${portForwardProtocol}`;

/** Two for each connection. */
const MAX_STREAMS = 1000;
const PAIRING_MS = 30_000;
/** How long a pod may stay silent that its client has nothing more to say to. */
const HALF_OPEN_MS = 5 * 60_000;

/** Throws `HttpError` before the upgrade. Resolves when the SPDY connection is over. */
export async function serveSpdyPortForward(
  { pod, podIP }: PodHandle,
  upgrade: UpgradeRequest,
  signal: AbortSignal,
): Promise<void> {
  if (podIP === undefined) throw new HttpError(500, 'the pod has no address yet');
  const transport = switchProtocols(upgrade);
  const pairs = new Pairs((port, data, error) => {
    void forward({ host: podIP, port, podName: pod.metadata.name ?? '' }, data, error, signal);
  });
  const connection = new SpdyConnection(transport, {
    role: 'server',
    maxStreams: MAX_STREAMS,
    pingIntervalMs: serverPingMs,
    onStream: (stream) => pairs.add(stream),
  });
  const cut = () => connection.destroy();
  signal.addEventListener('abort', cut);
  if (signal.aborted) cut();
  await connection.closed;
  signal.removeEventListener('abort', cut);
}

function switchProtocols({ method, headers, socket }: UpgradeRequest): Duplex {
  try {
    if (!isWebSocketRequest(headers)) {
      socket.write(answerSpdyUpgrade(headers, [portForwardProtocol]));
      return socket;
    }
    socket.write(answerHandshake(method, headers, [tunnelledPortForward]).head);
    return new WebSocketByteStream(socket, { role: 'server' });
  } catch (error) {
    if (error instanceof HandshakeError) throw new HttpError(error.status, error.message);
    throw error;
  }
}

interface Half {
  stream: SpdyStream;
  type: string;
  port: number;
  timer: NodeJS.Timeout;
}

/** Puts the two streams of a connection together; one that stays alone for 30 seconds is reset. */
class Pairs {
  readonly #halves = new Map<string, Half>();
  readonly #onPair: (port: number, data: SpdyStream, error: SpdyStream) => void;

  constructor(onPair: (port: number, data: SpdyStream, error: SpdyStream) => void) {
    this.#onPair = onPair;
  }

  add(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype') ?? '';
    const port = stream.headers.get('port') ?? '';
    const requestId = stream.headers.get('requestid') ?? '';
    const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
    if ((type !== 'data' && type !== 'error') || number < 1 || number > 65535) {
      stream.reset(resetStatus.protocolError, 'a stream needs a streamtype (data or error) and a port');
      return;
    }
    const other = this.#halves.get(requestId);
    if (other === undefined) {
      const timer = setTimeout(() => stream.reset(resetStatus.cancel, 'the other stream did not come'), PAIRING_MS);
      this.#halves.set(requestId, { stream, type, port: number, timer: timer.unref() });
      stream.once('close', () => this.#forget(requestId, stream));
      return;
    }
    if (other.type === type || other.port !== number) {
      stream.reset(resetStatus.protocolError, `request ${requestId} has such a stream, or is for another port`);
      return;
    }
    this.#forget(requestId, other.stream);
    if (type === 'data') this.#onPair(number, stream, other.stream);
    else this.#onPair(number, other.stream, stream);
  }

  #forget(requestId: string, stream: SpdyStream): void {
    const half = this.#halves.get(requestId);
    if (half?.stream !== stream) return;
    clearTimeout(half.timer);
    this.#halves.delete(requestId);
  }
}

interface Target {
  host: string;
  port: number;
  podName: string;
}

/** One connection. What fails is told on its own error stream; no other connection notices. */
async function forward(
  { host, port, podName }: Target,
  data: SpdyStream,
  error: SpdyStream,
  signal: AbortSignal,
): Promise<void> {
  error.resume();
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {});
  const giveUp = () => socket.destroy();
  data.once('close', giveUp);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was given up')));
    });
  } catch (failure) {
    if (!error.destroyed && !signal.aborted) {
      const why = goErrorText(failure, `${host}:${port}`) ?? (failure as Error).message;
      error.write(`error forwarding port ${port} to pod ${podName}: ${why}`);
    }
    await endStream(error);
    // Where nothing was forwarded, what the client has sent goes nowhere.
    data.destroy();
    return;
  }
  data.off('close', giveUp);
  readOn(socket);
  data.once('end', () => socket.setTimeout(HALF_OPEN_MS, giveUp));
  await relay(data, socket);
  await endStream(error);
}
