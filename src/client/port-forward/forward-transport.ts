/** Connections to a pod's ports that share one SPDY connection, raw or in the messages of a WebSocket. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { within } from '../../lib/within.ts';
import { ForwardError } from '../../net/forward-error.ts';
import { clientPingMs } from '../../net/pings.ts';
import { SpdyConnection } from '../../net/spdy/connection.ts';
import type { SpdyStream } from '../../net/spdy/stream.ts';
import { WebSocketByteStream } from '../../net/websocket/byte-stream.ts';
import type { OpenedStream } from '../cluster-client.ts';

/** To peers that count windows, where they take so many. */
const maxCounted = 200;
/** Its data and its errors. */
const streamsEach = 2;
/**
 * To others (kubelets in Go): there a stream that is not read holds up those beside it after some 50 frames, so that few
 * should be beside each other.
 */
export const maxUncounted = 8;
const maxUnreadBytes = 256 * 1024;
/** How long a transport without connections is kept for the next one. */
const idleMs = 15_000;
/** How long a server may take to answer a ping, or the opening of a stream beside others before another transport is tried. */
const answerMs = 2000;
/** How long one connection that is not read may hold up all those beside it. */
const heldUpMs = 30_000;
const maxErrorBytes = 4096;

export class ForwardTransport {
  /** Resolves when it is over, and all its connections with it. */
  readonly closed: Promise<void>;
  /** What all of it goes through. */
  readonly #stream: Duplex;
  readonly #connection: SpdyConnection;
  readonly #forwarded = new Set<SpdyStream>();
  #nextRequestId = 0;
  #isRetired = false;
  #idle: NodeJS.Timeout | undefined;
  #heldUp: NodeJS.Timeout | undefined;

  constructor({ upgrade, stream }: OpenedStream) {
    this.#stream = stream;
    // A tunnel's own pings tell whether the API server is there, those of SPDY keep the way behind it open too.
    const under =
      upgrade === 'websocket'
        ? new WebSocketByteStream(stream, { role: 'client', pingIntervalMs: clientPingMs })
        : stream;
    this.#connection = new SpdyConnection(under, {
      role: 'client',
      pingIntervalMs: clientPingMs,
      onHeldUp: (isHeldUp) => this.#onHeldUp(isHeldUp),
    });
    this.closed = this.#connection.closed.then(() => {
      clearTimeout(this.#idle);
      clearTimeout(this.#heldUp);
    });
    this.#startIdling();
  }

  /** Resolves when it is known whether the peer counts windows (or that it does not answer pings). */
  async ready(signal: AbortSignal): Promise<void> {
    const giveUp = () => this.destroy();
    signal.addEventListener('abort', giveUp, { once: true });
    await isInTime(this.#connection.ping(), answerMs);
    signal.removeEventListener('abort', giveUp);
    signal.throwIfAborted();
  }

  get connections(): number {
    return this.#forwarded.size;
  }

  get counts(): boolean {
    return this.#connection.peerCounts;
  }

  /** Whether another connection may be opened on it without harm to those it has. */
  get hasRoom(): boolean {
    if (this.#isRetired || !this.#connection.open || this.#connection.freeStreams < streamsEach) return false;
    if (this.counts) return this.connections < maxCounted;
    const { unreadBytes, backlogBytes } = this.#connection;
    return this.connections < maxUncounted && unreadBytes < maxUnreadBytes && backlogBytes < maxUnreadBytes;
  }

  /** Takes no more connections, and ends with the last one that it has. */
  retire(): void {
    this.#isRetired = true;
    if (this.connections === 0) this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  /**
   * A connection to a port: what fails is its stream's error. Undefined where the server does not answer beside the
   * connections that there are, since one of them holds it up; nothing was sent then. Call only where there is room.
   */
  async open(port: number): Promise<Duplex | undefined> {
    const requestId = String(this.#nextRequestId++);
    const isBesideOthers = this.connections > 0 && !this.counts;
    const headersOf = (streamtype: string) =>
      new Map([
        ['streamtype', streamtype],
        ['port', String(port)],
        ['requestid', requestId],
      ]);
    const errors = this.#connection.openStream(headersOf('error'));
    // Nothing is ever sent on it.
    errors.end();
    const text = collectText(errors);
    const failure = (): ForwardError | undefined => {
      const said = text();
      return said === undefined ? undefined : new ForwardError(said);
    };
    const data = this.#connection.openStream(headersOf('data'), { explain: failure });
    this.#forwarded.add(data);
    clearTimeout(this.#idle);
    this.#keepsProcess(true);
    errors.on('end', () => {
      const error = failure();
      if (error === undefined) return;
      // It may be another pod by now that has this name: what comes next asks the API server again.
      this.retire();
      data.destroy(error);
    });
    data.once('close', () => {
      errors.destroy();
      this.#forwarded.delete(data);
      if (this.connections > 0) return;
      if (!this.#isRetired) {
        this.#startIdling();
        return;
      }
      this.#keepsProcess(false);
      this.#connection.close();
    });
    if (!isBesideOthers) return data;
    if (!(await isInTime(data.opened, answerMs))) {
      this.retire();
      data.destroy();
      return undefined;
    }
    // Whoever gets a stream may still listen to how it ends.
    if (data.destroyed) throw data.errored ?? new Error('the connection was cut off as it was opened');
    return data;
  }

  #startIdling(): void {
    this.#idle = setTimeout(() => this.#connection.close(), idleMs);
    this.#idle.unref();
    this.#keepsProcess(false);
  }

  /** While it has connections: a program that has nothing else to do need not wait for the next one. */
  #keepsProcess(keeps: boolean): void {
    if (!(this.#stream instanceof Socket)) return;
    if (keeps) this.#stream.ref();
    else this.#stream.unref();
  }

  /** All connections wait for one reader. One that takes nothing at all is given up, for the sake of those beside it. */
  #onHeldUp(isHeldUp: boolean): void {
    clearTimeout(this.#heldUp);
    if (!isHeldUp) return;
    this.#heldUp = setTimeout(() => {
      if (this.connections < 2) return;
      const [fullest] = [...this.#forwarded].sort((a, b) => b.queuedBytes - a.queuedBytes);
      const seconds = heldUpMs / 1000;
      fullest?.destroy(new Error(`nothing was read of it for ${seconds} s, which held up connections beside it`));
    }, heldUpMs);
    this.#heldUp.unref();
  }
}

function isInTime(event: Promise<void>, milliseconds: number): Promise<boolean> {
  return within(
    milliseconds,
    false,
    event.then(() => true),
  );
}

/** What has come on a stream of errors so far; undefined for nothing. */
function collectText(errors: SpdyStream): () => string | undefined {
  const pieces: Buffer[] = [];
  let bytes = 0;
  errors.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxErrorBytes) pieces.push(chunk);
  });
  return () => Buffer.concat(pieces).toString().trim() || undefined;
}
