/** Raw TCP through the gateway: CONNECT and SOCKS 5 lead to services and pods of the clusters, and nowhere else. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { SocksReply, SocksServerOptions } from '../net/proxy/socks5-server.ts';
import { acceptSocks, answerSocks, socksReplies } from '../net/proxy/socks5-server.ts';
import { relay } from '../net/relay.ts';
import * as problems from './app-problems.ts';
import type { OpenedStream } from './destination.ts';
import type { Destinations } from './destinations.ts';
import type { Carrier, GatewayMetrics } from './metrics.ts';
import type { Problem } from './problem.ts';
import { answerProblem, problemText } from './problem.ts';
import type { ProxyTargets } from './proxy-targets.ts';
import { parseAuthority } from './proxy-targets.ts';
import { cutWith } from './raw-relay.ts';
import { settle } from './settle.ts';

export interface TunnelsOptions {
  destinations: Destinations;
  targets: ProxyTargets;
  metrics: GatewayMetrics;
  /** Fires when the gateway closes. */
  signal: AbortSignal;
}

/** A SOCKS client must be through with its request in this time. */
const handshakeMs = 30_000;
/** A stream to a pod must stand in this time. */
const openMs = 30_000;
/** After a refusal the client may take this long to read it. */
const lingerMs = 1000;

export class Tunnels {
  readonly #options: TunnelsOptions;
  readonly #open = new Set<Duplex>();

  constructor(options: TunnelsOptions) {
    this.#options = options;
  }

  /** Answers every CONNECT; never rejects. */
  async connect(exchange: ServerExchange): Promise<void> {
    const asked = parseAuthority(exchange.head.target);
    if (asked === undefined || exchange.framing.kind !== 'none') {
      const message = 'CONNECT takes HOST:PORT and no body, as in: CONNECT web.shop.svc:80';
      answerProblem(exchange, { code: 400, reason: 'BadRequest', title: 'Not a request for a tunnel', message });
      return;
    }
    const opened = await this.#openTo(asked, 'connect', exchange.signal);
    if (exchange.over) {
      if ('stream' in opened) leave(opened);
    } else if ('problem' in opened) answerProblem(exchange, opened.problem);
    else void this.#join(exchange.openTunnel(), opened);
  }

  /** Serves a connection that began as SOCKS 5; its bytes are all still in it. Never rejects. */
  async socks(socket: Socket, options: SocksServerOptions): Promise<void> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    socket.once('close', onClose);
    this.#open.add(socket);
    try {
      const handshake = AbortSignal.any([gone.signal, AbortSignal.timeout(handshakeMs)]);
      const { host, port } = await acceptSocks(socket, options, handshake);
      const opened = await this.#openTo({ host, port: String(port) }, 'socks', gone.signal);
      if (gone.signal.aborted) {
        if ('stream' in opened) leave(opened);
      } else if ('problem' in opened) {
        answerSocks(socket, replyTo(opened.problem));
        hangUp(socket);
      } else {
        answerSocks(socket, socksReplies.succeeded);
        void this.#join(socket, opened);
      }
    } catch {
      // The client left, was slow, or was refused in the words of the protocol.
      hangUp(socket);
    } finally {
      socket.off('close', onClose);
      if (socket.destroyed) this.#open.delete(socket);
      else socket.once('close', () => this.#open.delete(socket));
    }
  }

  /** Cuts all of them. */
  destroy(): void {
    for (const stream of this.#open) stream.destroy();
  }

  async #openTo(
    asked: { host: string; port: string },
    carrier: Carrier,
    client: AbortSignal,
  ): Promise<CountedStream | { problem: Problem }> {
    const { metrics } = this.#options;
    const over = metrics.stream(carrier);
    const opened = await this.#reach(asked, client);
    if ('stream' in opened) {
      const tell = (failure: Problem | undefined): void => {
        over(failure !== undefined);
        if (failure !== undefined) metrics.error(carrier, problemText(failure));
      };
      return { ...opened, over: tell };
    }
    over(true);
    // A refused CONNECT is told as a request.
    if (carrier === 'socks') metrics.error(carrier, problemText(opened.problem));
    return opened;
  }

  async #reach(
    { host, port }: { host: string; port: string },
    client: AbortSignal,
  ): Promise<OpenedStream | { problem: Problem }> {
    const { destinations, targets, signal: gatewayCloses } = this.#options;
    const resolved = await targets.resolve(host, port);
    if ('problem' in resolved) return resolved;
    const found = await destinations.find(resolved.target, { by: 'proxy' });
    if ('problem' in found) return found;
    const { destination } = found;
    try {
      return await destination.open(AbortSignal.any([client, gatewayCloses, AbortSignal.timeout(openMs)]));
    } catch (error) {
      const [backend] = destination.candidates;
      return { problem: backend === undefined ? problems.clusterFailed(error) : problems.podFailed(backend, error) };
    }
  }

  /** Never rejects. */
  async #join(client: Duplex, opened: CountedStream): Promise<void> {
    this.#open.add(client);
    client.on('error', () => client.destroy());
    const { signal } = this.#options;
    const { stream: pod, backend } = await settle(client, opened, signal);
    // It may have failed before anybody listened.
    let failure: Error | undefined = pod.errored ?? undefined;
    pod.on('error', (error) => {
      failure ??= error;
      pod.destroy();
    });
    cutWith(client, pod);
    await relay(client, pod);
    this.#open.delete(client);
    // A client that leaves destroys the stream without a failure.
    opened.over(failure === undefined || signal.aborted ? undefined : problems.podConnectionFailed(backend, failure));
  }
}

/** `over` is to be called once when nothing passes any more, with what made it fail. */
interface CountedStream extends OpenedStream {
  over(failure: Problem | undefined): void;
}

function leave({ stream, over }: CountedStream): void {
  stream.destroy();
  over(undefined);
}

function replyTo({ code }: Problem): SocksReply {
  if (code === 403) return socksReplies.notAllowed;
  if (code === 404) return socksReplies.hostUnreachable;
  return code === 503 ? socksReplies.refused : socksReplies.failed;
}

/** Lets the refusal arrive: a reset could destroy it on its way. */
function hangUp(socket: Socket): void {
  if (socket.destroyed) return;
  socket.end();
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
