/** The connections to one pod's ports: spread over transports, each of which several share. */
import type { Duplex } from 'node:stream';
import { clientPingMs } from '../../net/pings.ts';
import { channelSubprotocols } from '../../net/websocket/channels.ts';
import { openPortForward } from '../../net/websocket/port-forward.ts';
import type { ClusterClient, OpenedStream, StreamOffer } from '../cluster-client.ts';
import { ConnectionError } from '../connection-error.ts';
import { ForwardTransport, maxUncounted } from './forward-transport.ts';

const spdyProtocol = 'portforward.k8s.io';
const tunnelProtocol = `SPDY/3.1+${spdyProtocol}`;
/** To peers that do not count windows, so many connections have a transport of their own before any of them share one. */
const apart = 4;

/** kubectl's order, and last what some servers have alone: one WebSocket for each connection. */
function offersFor(root: string, port: number): StreamOffer[] {
  const path = `${root}/portforward`;
  return [
    { upgrade: 'websocket', path, protocols: [tunnelProtocol] },
    { upgrade: 'spdy', path, protocols: [spdyProtocol] },
    { upgrade: 'websocket', path: `${path}?ports=${port}`, protocols: channelSubprotocols },
  ];
}

export class PodForwarder {
  readonly #client: Pick<ClusterClient, 'openStream'>;
  /** The pod's path. */
  readonly #root: string;
  readonly #onEmpty: () => void;
  readonly #transports = new Set<ForwardTransport>();
  /** Transports on their way; who waits for room waits for the first of them. */
  readonly #openings = new Set<Opening>();
  /** Connections that have a WebSocket of their own. */
  readonly #alone = new Set<Duplex>();
  /** Calls that have not come to an end. */
  #calls = 0;
  #joined = 0;
  /** What the last transport was. */
  #kind: 'unknown' | 'counted' | 'uncounted' | 'channels' = 'unknown';

  constructor(client: Pick<ClusterClient, 'openStream'>, { root, onEmpty }: { root: string; onEmpty(): void }) {
    this.#client = client;
    this.#root = root;
    this.#onEmpty = onEmpty;
  }

  get transports(): number {
    return this.#transports.size + this.#alone.size;
  }

  /** Resolves with a connection. Rejects with StatusError, ConnectionError or the signal's reason. */
  async connect(port: number, signal: AbortSignal): Promise<Duplex> {
    this.#calls++;
    try {
      for (;;) {
        signal.throwIfAborted();
        const stream = await (this.#choose()?.open(port) ?? this.#moreRoom(port, signal));
        if (stream !== undefined) return stream;
      }
    } finally {
      this.#calls--;
      this.#tellIfEmpty();
    }
  }

  /** One with room, or none where another one should be opened: the first whose peer counts, else the emptiest. */
  #choose(): ForwardTransport | undefined {
    const withRoom = [...this.#transports].filter(({ hasRoom }) => hasRoom);
    const counted = withRoom.find(({ counts }) => counts);
    if (counted !== undefined) return counted;
    const [emptiest] = withRoom.sort((a, b) => a.connections - b.connections);
    if (emptiest === undefined || emptiest.connections === 0) return emptiest;
    return this.#transports.size + this.#openings.size < apart ? undefined : emptiest;
  }

  /** Resolves when there may be room, or with a connection that has its transport for itself. */
  async #moreRoom(port: number, signal: AbortSignal): Promise<Duplex | undefined> {
    const roomToCome = this.#openings.size * (this.#kind === 'uncounted' ? maxUncounted : Number.POSITIVE_INFINITY);
    if (this.#kind !== 'channels' && this.#openings.size > 0 && this.#joined + this.#openings.size < roomToCome) {
      await this.#join(signal);
      return undefined;
    }
    const done = this.#open(port, signal);
    const opening = { done, signal };
    this.#openings.add(opening);
    try {
      return await done;
    } finally {
      this.#openings.delete(opening);
    }
  }

  /** Waits for a transport that others open. What refuses them refuses this one too; that they went does not matter. */
  async #join(signal: AbortSignal): Promise<void> {
    this.#joined++;
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const openings = [...this.#openings].map((opening) =>
        opening.done.catch((error: unknown) => {
          if (!opening.signal.aborted) throw error;
        }),
      );
      await Promise.race([...openings, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#joined--;
    }
  }

  async #open(port: number, signal: AbortSignal): Promise<Duplex | undefined> {
    const offers = offersFor(this.#root, port);
    const opened = await this.#client.openStream({ subresource: 'portforward', offers, signal });
    if (opened.protocol !== tunnelProtocol && opened.protocol !== spdyProtocol) {
      this.#kind = 'channels';
      return this.#openAlone(opened, port);
    }
    const transport = new ForwardTransport(opened);
    await transport.ready(signal);
    if (!transport.hasRoom) {
      const message = 'The server ended the port-forward as soon as it was open. Try again.';
      throw new ConnectionError(message, { sent: false, cause: undefined });
    }
    this.#kind = transport.counts ? 'counted' : 'uncounted';
    this.#transports.add(transport);
    void transport.closed.then(() => {
      this.#transports.delete(transport);
      this.#tellIfEmpty();
    });
    return undefined;
  }

  #openAlone({ stream, protocol }: OpenedStream, port: number): Duplex {
    const connection = openPortForward(stream, { port, subprotocol: protocol, pingIntervalMs: clientPingMs });
    this.#alone.add(connection);
    connection.once('close', () => {
      this.#alone.delete(connection);
      this.#tellIfEmpty();
    });
    return connection;
  }

  #tellIfEmpty(): void {
    if (this.#calls === 0 && this.transports === 0) this.#onEmpty();
  }
}

interface Opening {
  /** Resolves with a connection where the transport is for that one alone. */
  done: Promise<Duplex | undefined>;
  signal: AbortSignal;
}
