/** Counts of what the server does, in Prometheus' text form at `/metrics`. */
import { type Labels, type Metric, metricsMediaType, metricsText } from '../net/prometheus.ts';
import { sendText } from './answer.ts';
import type { PathHandler } from './discovery/route.ts';
import { pathParts } from './discovery/route.ts';
import { toStatusError } from './filters/errors.ts';
import type { Filter } from './filters/filter.ts';
import { isLongRunning } from './filters/in-flight.ts';
import type { RequestInfo } from './request-info.ts';

/** Combinations of labels that are kept apart; more fall together, so that clients cannot fill the memory. */
const SERIES_AT_MOST = 2000;
const LONGEST_NAME = 63;

interface Series {
  labels: Labels;
  count: number;
  seconds: number;
}

export class Metrics {
  readonly #requests = new Map<string, Series>();
  /** Whatever came after the last series that is kept apart. */
  readonly #others: Series = { labels: { verb: 'other' }, count: 0, seconds: 0 };
  #inFlight = 0;
  #longRunning = 0;

  /** Counts every request by verb, resource and code once it is answered. */
  readonly filter: Filter = async (exchange, next) => {
    const began = performance.now();
    const { info, response } = exchange;
    const long = isLongRunning(info);
    if (long) this.#longRunning += 1;
    else this.#inFlight += 1;
    let failure: unknown;
    try {
      await next();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      if (long) this.#longRunning -= 1;
      else this.#inFlight -= 1;
      const code = failure === undefined ? (response?.statusCode ?? 101) : toStatusError(failure).code;
      this.#count(info, code, performance.now() - began);
    }
  };

  #count(info: RequestInfo, code: number, milliseconds: number): void {
    // names of anybody's invention, of any length, come along here too
    const resource = info.resource.length > LONGEST_NAME ? 'other' : info.resource;
    const subresource = info.subresource.length > LONGEST_NAME ? 'other' : info.subresource;
    const key = `${code} ${info.verb} ${resource} ${subresource}`;
    let series = this.#requests.get(key);
    if (series === undefined && this.#requests.size < SERIES_AT_MOST) {
      const labels = { verb: info.verb, resource, subresource, code: String(code) };
      series = { labels, count: 0, seconds: 0 };
      this.#requests.set(key, series);
    }
    series ??= this.#others;
    series.count += 1;
    series.seconds += milliseconds / 1000;
  }

  text(): string {
    const { rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const series = [...this.#requests.values(), ...(this.#others.count > 0 ? [this.#others] : [])];
    const one = (name: string, type: Metric['type'], help: string, value: number): Metric => {
      return { name, type, help, samples: [[{}, value]] };
    };
    return metricsText([
      {
        name: 'apiserver_request_total',
        type: 'counter',
        help: 'Requests that are answered.',
        samples: series.map(({ labels, count }) => [labels, count]),
      },
      {
        name: 'apiserver_request_seconds_total',
        type: 'counter',
        help: 'Time that they took.',
        samples: series.map(({ labels, seconds }) => [labels, rounded(seconds, 6)]),
      },
      one('apiserver_current_requests', 'gauge', 'Requests that are not answered yet.', this.#inFlight),
      one('apiserver_longrunning_requests', 'gauge', 'Watches, logs and streams that are open.', this.#longRunning),
      one('process_resident_memory_bytes', 'gauge', 'Memory of the process.', rss),
      one('process_cpu_seconds_total', 'counter', 'Processor time of the process.', rounded((user + system) / 1e6, 3)),
    ]);
  }

  readonly route: PathHandler = (exchange) => {
    const [first, second] = pathParts(exchange.info.path);
    if (first !== 'metrics' || second !== undefined) return undefined;
    return sendText(exchange, 200, this.text(), metricsMediaType);
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
