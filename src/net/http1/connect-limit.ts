/** How long a connection may take to come about. */
import type { EndPatience } from '../../lib/patience.ts';
import { patience } from '../../lib/patience.ts';
import type { ConnectStage } from '../proxy/upstream-proxy.ts';
import { ProxyError } from '../proxy/upstream-proxy.ts';
import { connectFailure } from './dial.ts';
import type { UpstreamEndpoint, UpstreamError } from './upstream.ts';

export interface ConnectTimes {
  /** To connect, TLS included. Where a proxy leads there, for TCP to the proxy, for TLS with it and for TLS with the server, each. */
  connectTimeoutMs: number;
  /** Until a proxy has opened its tunnel: it connects meanwhile, and may have to ask others. */
  tunnelTimeoutMs: number;
}

/** Its signal fires with an UpstreamError where a stage takes too long. Dispose when the connection stands. */
export class ConnectLimit implements Disposable {
  readonly #late = new AbortController();
  readonly #endpoint: UpstreamEndpoint;
  readonly #times: ConnectTimes;
  #endPatience: EndPatience | undefined;

  constructor(endpoint: UpstreamEndpoint, times: ConnectTimes) {
    this.#endpoint = endpoint;
    this.#times = times;
    this.begin('hop');
  }

  get signal(): AbortSignal {
    return this.#late.signal;
  }

  /** The stage before is through. */
  begin(stage: ConnectStage): void {
    this.#endPatience?.();
    const ms = stage === 'tunnel' ? this.#times.tunnelTimeoutMs : this.#times.connectTimeoutMs;
    this.#endPatience = patience(ms, () => this.#late.abort(this.#error(stage, ms / 1000)));
  }

  #error(stage: ConnectStage, seconds: number): UpstreamError {
    const who = stage === 'server' ? 'no answer from the server' : 'no answer';
    const what = `${who} within ${seconds} s`;
    const cause = this.#endpoint.proxy && stage !== 'server' ? new ProxyError(what) : undefined;
    return connectFailure(this.#endpoint, what, { connect: 'silent', cause });
  }

  [Symbol.dispose](): void {
    this.#endPatience?.();
  }
}
