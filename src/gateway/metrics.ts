/** What the gateway counts of itself, in Prometheus' text form. No names of services or users: anybody may read it. */
import type { Socket } from 'node:net';
import { isUsableState, serverStates } from '../net/health/health.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { type Metric, metricsText, type Sample } from '../net/prometheus.ts';
import type { GatewayContexts } from './contexts.ts';
import { Histogram } from './histogram.ts';
import { RecentErrors } from './recent-errors.ts';
import type { Activity } from './sight.ts';

const outcomes = ['ready', 'draining', 'down'] as const;

/** Which part of the gateway answers. */
export type Part = 'api' | 'app' | 'tunnel' | 'kubeconfig';
/** What carries raw TCP. */
export type Carrier = 'fixed-port' | 'socks' | 'connect';

interface PartCounts {
  inFlight: number;
  codes: Map<number | undefined, number>;
  failures: Map<string, number>;
  /** To the head of the answer: what a watch or a download then takes tells nothing. */
  latency: Histogram;
}

export class GatewayMetrics {
  readonly #contexts: GatewayContexts;
  readonly #parts = new Map<Part, PartCounts>();
  readonly #streams = new Map<Carrier, { open: number; total: number; failed: number }>();
  readonly #sockets = new Set<Socket>();
  readonly #closed = { connections: 0, received: 0, sent: 0 };
  readonly #errors = new RecentErrors();
  #upgraded = 0;

  constructor(contexts: GatewayContexts) {
    this.#contexts = contexts;
  }

  /** Counts a client's connection and its bytes, until it is closed. */
  connection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#closed.connections++;
      this.#closed.received += socket.bytesRead;
      this.#closed.sent += socket.bytesWritten;
    });
  }

  /** Counts a request and what becomes of it. */
  request(exchange: ServerExchange, part: Part): void {
    let counts = this.#parts.get(part);
    if (counts === undefined) {
      counts = { inFlight: 0, codes: new Map(), failures: new Map(), latency: new Histogram() };
      this.#parts.set(part, counts);
    }
    const { codes, failures, latency } = counts;
    const began = performance.now();
    counts.inFlight++;
    exchange.onOver = () => {
      counts.inFlight--;
      const { status, failure, failureText, answeredAt } = exchange;
      if (answeredAt !== undefined) latency.add((answeredAt - began) / 1000);
      // Undefined: a client that left before its answer began.
      codes.set(status, (codes.get(status) ?? 0) + 1);
      if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1);
      if (failureText !== undefined) this.#errors.note(part, failureText);
      if (status === 101) {
        this.#upgraded++;
        exchange.whenClosed(() => this.#upgraded--);
      }
    };
  }

  /** Something failed that no request is answered with. */
  error(carrier: Carrier, text: string): void {
    this.#errors.note(carrier, text);
  }

  activity(): Activity {
    const counts = [...this.#parts.values()];
    const over = counts.flatMap(({ codes }) => [...codes.values()]);
    const inFlight = (part: Part): number => this.#parts.get(part)?.inFlight ?? 0;
    const open = (carrier: Carrier): number => this.#streams.get(carrier)?.open ?? 0;
    return {
      requests: [...over, ...counts.map((each) => each.inFlight)].reduce((sum, each) => sum + each, 0),
      inFlight: {
        api: inFlight('api'),
        app: inFlight('app'),
        tunnel: inFlight('tunnel'),
        kubeconfig: inFlight('kubeconfig'),
      },
      upgraded: this.#upgraded,
      streams: { 'fixed-port': open('fixed-port'), socks: open('socks'), connect: open('connect') },
      errors: this.#errors.list(),
    };
  }

  /** A raw connection begins; call the result when it is over, with whether it could not be led on. */
  stream(carrier: Carrier): (failed: boolean) => void {
    const counts = this.#streams.get(carrier) ?? { open: 0, total: 0, failed: 0 };
    this.#streams.set(carrier, counts);
    counts.open++;
    counts.total++;
    return (failed) => {
      counts.open--;
      if (failed) counts.failed++;
    };
  }

  text(): string {
    let { received, sent } = this.#closed;
    for (const socket of this.#sockets) {
      received += socket.bytesRead;
      sent += socket.bytesWritten;
    }
    const parts = [...this.#parts];
    const carriers = [...this.#streams];
    return metricsText([
      metric('requests_total', 'counter', 'Requests that are over, by the code of their answer.', [
        ...parts.flatMap(([part, { codes }]) =>
          [...codes].map(([code = 'none', count]): Sample => [{ part, code: String(code) }, count]),
        ),
      ]),
      metric('requests_in_flight', 'gauge', 'Requests that are not over.', [
        ...parts.map(([part, { inFlight }]): Sample => [{ part }, inFlight]),
      ]),
      metric('answer_seconds', 'histogram', 'From the head of a request to the head of its answer.', [
        ...parts.flatMap(([part, { latency }]) => latencySamples(part, latency)),
      ]),
      metric('failures_total', 'counter', "Answers of the gateway's own that say why.", [
        ...parts.flatMap(([part, { failures }]) =>
          [...failures].map(([reason, count]): Sample => [{ part, reason }, count]),
        ),
      ]),
      metric('connections_open', 'gauge', 'Connections of clients.', [[{}, this.#sockets.size]]),
      metric('connections_total', 'counter', 'Connections of clients so far.', [
        [{}, this.#closed.connections + this.#sockets.size],
      ]),
      metric('bytes_total', 'counter', 'Bytes from and to clients.', [
        [{ direction: 'received' }, received],
        [{ direction: 'sent' }, sent],
      ]),
      metric('streams_open', 'gauge', 'Raw connections to services and pods.', byCarrier(carriers, 'open')),
      metric('streams_total', 'counter', 'Raw connections so far.', byCarrier(carriers, 'total')),
      metric('stream_failures_total', 'counter', 'Raw connections that failed.', byCarrier(carriers, 'failed')),
      ...this.#servers(),
      metric('resident_memory_bytes', 'gauge', 'Memory of the process.', [[{}, process.memoryUsage.rss()]]),
    ]);
  }

  #servers(): Metric[] {
    const servers = this.#contexts.flatMap(({ alias, client }) =>
      client.servers.list().map((server) => ({ of: { context: alias, server: server.url }, server })),
    );
    return [
      metric('api_server_ready', 'gauge', 'Whether requests go to this API server.', [
        ...servers.map(({ of, server }): Sample => [of, isUsableState(server.state) ? 1 : 0]),
      ]),
      metric('api_server_state', 'gauge', 'The state of this API server: 1 for the one it has.', [
        ...servers.flatMap(({ of, server }) =>
          serverStates.map((state): Sample => [{ ...of, state }, server.state === state ? 1 : 0]),
        ),
      ]),
      metric('api_server_state_since_seconds', 'gauge', 'When that state began, in seconds since 1970.', [
        ...servers.map(({ of, server }): Sample => [of, server.since / 1000]),
      ]),
      metric('api_server_probes_total', 'counter', 'Times that it was asked whether it is ready, by what was found.', [
        ...servers.flatMap(({ of, server: { probes } }) =>
          outcomes.map((outcome): Sample => [{ ...of, outcome }, probes[outcome]]),
        ),
      ]),
      metric('api_server_requests_in_flight', 'gauge', 'What it has to do for the gateway now.', [
        ...servers.map(({ of, server }): Sample => [of, server.inFlight]),
      ]),
    ];
  }
}

function byCarrier(
  carriers: readonly [Carrier, { open: number; total: number; failed: number }][],
  which: 'open' | 'total' | 'failed',
): Sample[] {
  return carriers.map(([carrier, counts]) => [{ carrier }, counts[which]]);
}

function latencySamples(part: Part, { buckets, count, sum }: Histogram): Sample[] {
  return [
    ...buckets.map(({ le, atMost }): Sample => [{ part, le }, atMost, '_bucket']),
    [{ part }, sum, '_sum'],
    [{ part }, count, '_count'],
  ];
}

function metric(name: string, type: Metric['type'], help: string, samples: readonly Sample[]): Metric {
  return { name: `fairlead_gateway_${name}`, type, help, samples };
}
