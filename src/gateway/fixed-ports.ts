/** Local ports that lead to one service each, for tools without proxy settings. */
import type { Socket } from 'node:net';
import { cut } from '../net/cut.ts';
import type { Destinations } from './destinations.ts';
import type { FixedPort } from './forward-spec.ts';
import { formatTarget } from './forward-spec.ts';
import { openListeners } from './listeners.ts';
import type { GatewayMetrics } from './metrics.ts';
import { problemText } from './problem.ts';
import { relayRaw } from './raw-relay.ts';

export interface OpenedPort {
  /** `[ALIAS/]NAMESPACE/SERVICE[:PORT]`. */
  to: string;
  port: number;
}

export interface FixedPortsOptions {
  /** Decides whose connections come in. */
  guard(onSocket: (client: Socket) => void): (client: Socket) => void;
  ports: readonly FixedPort[];
  destinations: Destinations;
  metrics: GatewayMetrics;
  signal: AbortSignal;
  /** Told, in a line, why a connection could not be led on. */
  log(line: string): void;
}

export interface FixedPorts extends AsyncDisposable {
  opened: readonly OpenedPort[];
  /** Connections that are open now. */
  readonly connections: number;
}

/** A tool that tries again and again is told off once in this time. */
const silenceMs = 10_000;

/** Resolves when all of them listen, on loopback. Rejects with ListenError where one cannot. */
export async function openFixedPorts(options: FixedPortsOptions): Promise<FixedPorts> {
  const { ports, destinations } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  await using listeners = new AsyncDisposableStack();
  const opened: OpenedPort[] = [];
  const running = new Set<Promise<void>>();
  for (const { target, localPort } of ports) {
    const to = formatTarget(target);
    const complain = oncePer(silenceMs, (why) => options.log(`${to} (port ${bound.port} here): ${why}`));
    const lead = async (client: Socket): Promise<void> => {
      client.on('error', () => client.destroy());
      options.metrics.connection(client);
      const over = options.metrics.stream('fixed-port');
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
    };
    const accept = (client: Socket): void => {
      const leading = lead(client).finally(() => running.delete(leading));
      running.add(leading);
    };
    const bound = await openListeners({ host: 'localhost', port: localPort }, options.guard(accept));
    listeners.use(bound);
    opened.push({ to, port: bound.port });
  }
  const listening = listeners.move();
  return {
    opened,
    get connections() {
      return running.size;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([listening.disposeAsync(), ...running]);
    },
  };
}

function oncePer(ms: number, tell: (text: string) => void): (text: string) => void {
  let last: { text: string; at: number } | undefined;
  return (text) => {
    if (last?.text === text && Date.now() - last.at < ms) return;
    last = { text, at: Date.now() };
    tell(text);
  };
}
