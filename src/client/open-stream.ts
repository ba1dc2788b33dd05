/** Streams into pods: which of several protocols a server speaks is found by asking, and remembered. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { StatusError } from '../api/status.ts';
import { finishSpdyUpgrade, spdyUpgradeHeaders } from '../net/spdy/handshake.ts';
import type { OpenedStream, StreamOffer, StreamRequest } from './cluster-client.ts';
import { openWebSocket } from './open-web-socket.ts';
import type { Transport } from './transport.ts';
import { switched } from './upgrade-answer.ts';
import { UpgradeRefusedError } from './upgrade-refused.ts';

/** A server may be replaced by a newer one, or a load balancer set right. */
const memoryMs = 10 * 60_000;

export class StreamOpener {
  readonly #transport: Transport;
  /** Refused offers, and when they may be asked again. */
  readonly #refused = new Map<string, number>();

  readonly #streams = new Set<Duplex>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * The offers in turn, as kubectl tries them. An answer with a Status is final, except Forbidden: a WebSocket (a GET) needs the
   * right to `get` the subresource and SPDY (a POST) that to `create` it, and many roles give one of them.
   */
  async open({ subresource, offers, signal }: StreamRequest & { signal: AbortSignal }): Promise<OpenedStream> {
    const keyOf = ({ upgrade, protocols }: StreamOffer) => `${subresource} ${upgrade} ${protocols}`;
    const open = offers.filter((offer) => (this.#refused.get(keyOf(offer)) ?? 0) <= Date.now());
    const forbidden = new Set<StreamOffer['upgrade']>();
    let failure: unknown = new TypeError('no protocol was offered');
    // Where none is left, the server is asked again: it is better than not to ask at all.
    for (const offer of open.length > 0 ? open : offers) {
      if (forbidden.has(offer.upgrade)) continue;
      try {
        return this.#keep(await this.#ask(offer, signal));
      } catch (error) {
        if (error instanceof UpgradeRefusedError) {
          this.#refused.set(keyOf(offer), Date.now() + memoryMs);
          if (forbidden.size === 0) failure = error;
        } else if (error instanceof StatusError && error.code === 403) {
          forbidden.add(offer.upgrade);
          failure = error;
        } else throw error;
      }
    }
    throw failure;
  }

  /** Cuts off every stream that is open; resolves when they are closed. */
  async close(): Promise<void> {
    const closed = [...this.#streams].map((stream) => once(stream, 'close'));
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(closed);
  }

  #keep(opened: OpenedStream): OpenedStream {
    const { stream } = opened;
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    return opened;
  }

  async #ask({ upgrade, path, protocols }: StreamOffer, signal: AbortSignal): Promise<OpenedStream> {
    const transport = this.#transport;
    if (upgrade === 'spdy') {
      const tried = { server: transport.server };
      const result = await transport.upgrade({
        method: 'POST',
        path,
        headers: spdyUpgradeHeaders(protocols),
        signal,
        tried,
      });
      const { protocol, stream } = await switched(tried.server, result, (headers) =>
        finishSpdyUpgrade(protocols, headers),
      );
      return { upgrade, protocol, stream };
    }
    const opened = await openWebSocket({ transport, path, subprotocols: protocols, signal });
    const { server, subprotocol: protocol, stream } = opened;
    if (protocol !== '') return { upgrade, protocol, stream };
    stream.destroy();
    throw new UpgradeRefusedError({ server, what: `it speaks none of ${protocols.join(', ')}` });
  }
}
