/** Counts of what the server does, in Prometheus' text form at `/metrics`. */
import { sendText } from './answer.ts';
import type { PathHandler } from './discovery/route.ts';
import { pathParts } from './discovery/route.ts';
import { toStatusError } from './filters/errors.ts';
import type { Filter } from './filters/filter.ts';
import { isLongRunning } from './filters/in-flight.ts';

/** Combinations of labels that are kept apart; more fall together, so that clients cannot fill the memory. */
const SERIES_AT_MOST = 2000;

export class Metrics {
  readonly #requests = new Map<string, { count: number; seconds: number }>();
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
      const resource = info.isResourceRequest ? info.resource : '';
      const code = failure === undefined ? (response?.statusCode ?? 101) : toStatusError(failure).code;
      this.#count(info.verb, resource, info.subresource, code, performance.now() - began);
    }
  };

  #count(verb: string, resource: string, subresource: string, code: number, milliseconds: number): void {
    const labels = `verb="${clean(verb)}",resource="${clean(resource)}",subresource="${clean(subresource)}",code="${code}"`;
    const key = this.#requests.has(labels) || this.#requests.size < SERIES_AT_MOST ? labels : 'verb="other"';
    const series = this.#requests.get(key) ?? { count: 0, seconds: 0 };
    series.count += 1;
    series.seconds += milliseconds / 1000;
    this.#requests.set(key, series);
  }

  text(): string {
    const { rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const series = [...this.#requests];
    return [
      '# TYPE apiserver_request_total counter',
      ...series.map(([labels, { count }]) => `apiserver_request_total{${labels}} ${count}`),
      '# TYPE apiserver_request_seconds_total counter',
      ...series.map(([labels, { seconds }]) => `apiserver_request_seconds_total{${labels}} ${seconds.toFixed(6)}`),
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
  return label.replace(/[^\w.-]/g, '_').slice(0, 63);
}
