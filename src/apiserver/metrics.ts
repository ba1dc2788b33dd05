/** Counts of what the server does, in Prometheus' text form at `/metrics`. */
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
  labels: string;
  count: number;
  seconds: number;
}

export class Metrics {
  readonly #requests = new Map<string, Series>();
  /** Whatever came after the last series that is kept apart. */
  readonly #others: Series = { labels: 'verb="other"', count: 0, seconds: 0 };
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
      const names = [
        `verb="${clean(info.verb)}"`,
        `resource="${clean(resource)}"`,
        `subresource="${clean(subresource)}"`,
      ];
      series = { labels: `${names.join(',')},code="${code}"`, count: 0, seconds: 0 };
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
    return [
      '# TYPE apiserver_request_total counter',
      ...series.map(({ labels, count }) => `apiserver_request_total{${labels}} ${count}`),
      '# TYPE apiserver_request_seconds_total counter',
      ...series.map(({ labels, seconds }) => `apiserver_request_seconds_total{${labels}} ${seconds.toFixed(6)}`),
      '# TYPE apiserver_current_requests gauge',
      `apiserver_current_requests ${this.#inFlight}`,
      '# TYPE apiserver_longrunning_requests gauge',
      `apiserver_longrunning_requests ${this.#longRunning}`,
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${rss}`,
      '# TYPE process_cpu_seconds_total counter',
      `process_cpu_seconds_total ${((user + system) / 1e6).toFixed(3)}`,
      '',
    ].join('\n');
  }

  readonly route: PathHandler = (exchange) => {
    const [first, second] = pathParts(exchange.info.path);
    if (first !== 'metrics' || second !== undefined) return undefined;
    return sendText(exchange, 200, this.text(), 'text/plain; version=0.0.4; charset=utf-8');
  };
}

function clean(label: string): string {
  return label.replace(/[^\w.-]/g, '_');
}
