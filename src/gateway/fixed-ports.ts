/** Local ports that lead to one service each, for tools without proxy settings. */
import type { Socket } from 'node:net';
import { oncePer } from '../lib/once-per.ts';
import { cut } from '../net/cut.ts';
import type { Destinations } from './destinations.ts';
import type { FixedPort } from './forward-spec.ts';
import { formatTarget } from './forward-spec.ts';
import type { Listeners } from './listeners.ts';
import { ListenError, openListeners } from './listeners.ts';
import type { GatewayMetrics } from './metrics.ts';
import { problemText } from './problem.ts';
import { relayRaw } from './raw-relay.ts';
import { refuseNotTcp } from './refuse-not-tcp.ts';

export interface OpenedPort {
  /** `[ALIAS/]NAMESPACE/SERVICE[:PORT]`. */
  to: string;
  port: number;
}

export interface FixedPortsOptions {
  /** Decides whose connections come in. */
  guard(onSocket: (client: Socket) => void): (client: Socket) => void;
  destinations: Destinations;
  metrics: GatewayMetrics;
  signal: AbortSignal;
  /** Told, in a line, why a connection could not be led on. */
  log(line: string): void;
}

/** A tool that tries again and again is told off once in this time. */
const silenceMs = 10_000;
/** Of those that are opened one by one. */
const mostLater = 100;

interface Running extends OpenedPort {
  listeners: Listeners;
  connections: Set<Promise<void>>;
  stop: AbortController;
  /** Opened after the start, and may be closed again. */
  isLater: boolean;
}

export class FixedPorts implements AsyncDisposable {
  readonly #options: FixedPortsOptions;
  readonly #running = new Set<Running>();
  #opening = 0;
  #isClosed = false;

  constructor(options: FixedPortsOptions) {
    this.#options = options;
  }

  get opened(): readonly OpenedPort[] {
    return [...this.#running].map(({ to, port }) => ({ to, port }));
  }

  /** Connections that are open now. */
  get connections(): number {
    return [...this.#running].reduce((sum, { connections }) => sum + connections.size, 0);
  }

  /** Resolves when it listens, on loopback. Rejects with ListenError. `later`: it counts against the bound on their number, and can be closed alone. */
  async open({ target, localPort }: FixedPort, { later = true }: { later?: boolean } = {}): Promise<OpenedPort> {
    if (later) await refuseNotTcp(target, this.#options);
    const already = [...this.#running].filter(({ isLater }) => isLater).length;
    if (later && already + this.#opening >= mostLater)
      throw new ListenError(`${mostLater} ports were opened already: close one that is not needed any more.`);
    const { guard, signal } = this.#options;
    const to = formatTarget(target);
    const stop = new AbortController();
    const connections = new Set<Promise<void>>();
    const either = AbortSignal.any([signal, stop.signal]);
    let port = localPort;
    const complain = oncePer(silenceMs, (why) => {
      this.#options.log(`${to} (port ${port} here): ${why}`);
      this.#options.metrics.error('fixed-port', `${to}: ${why}`);
    });
    const accept = (client: Socket): void => {
      const leading = this.#lead(client, { target, complain, signal: either }).finally(() =>
        connections.delete(leading),
      );
      connections.add(leading);
    };
    this.#opening += later ? 1 : 0;
    let listeners: Listeners;
    try {
      listeners = await openListeners({ host: 'localhost', port: localPort }, guard(accept));
    } finally {
      this.#opening -= later ? 1 : 0;
    }
    port = listeners.port;
    const running = { to, port, listeners, connections, stop, isLater: later };
    this.#running.add(running);
    if (this.#isClosed) {
      await this.#end(running);
      throw new ListenError('The gateway stops.');
    }
    return { to, port };
  }

  /** Those of the start. Rejects as `open`, before any of them listens where what it leads to is not TCP. */
  async openFirst(ports: readonly FixedPort[]): Promise<void> {
    await Promise.all(ports.map(({ target }) => refuseNotTcp(target, this.#options)));
    for (const each of ports) await this.open(each, { later: false });
  }

  /** Its connections are cut. False: no port of this number was opened later. */
  async close(port: number): Promise<boolean> {
    const running = [...this.#running].find((each) => each.port === port && each.isLater);
    if (running === undefined) return false;
    await this.#end(running);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#running].map((running) => this.#end(running)));
  }

  async #end(running: Running): Promise<void> {
    this.#running.delete(running);
    running.stop.abort();
    await Promise.all([running.listeners[Symbol.asyncDispose](), ...running.connections]);
  }

  async #lead(
    client: Socket,
    { target, complain, signal }: { target: FixedPort['target']; complain(why: string): void; signal: AbortSignal },
  ): Promise<void> {
    const { destinations, metrics } = this.#options;
    client.on('error', () => client.destroy());
    metrics.connection(client);
    const over = metrics.stream('fixed-port');
    let failed = true;
    try {
      const found = await destinations.find(target);
      if ('destination' in found) {
        await relayRaw(client, found.destination, { signal });
        failed = false;
      } else {
        complain(problemText(found.problem));
        cut(client);
      }
    } catch (error) {
      complain(error instanceof Error ? error.message : String(error));
    } finally {
      over(failed);
    }
  }
}
