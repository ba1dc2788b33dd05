/** Which part of the gateway answers a request: by its method, its target and its Host. */
import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { Gate } from './access/gate.ts';
import type { ApiOrigin } from './api-origin.ts';
import type { AppOrigin } from './app-origin.ts';
import * as problems from './app-problems.ts';
import type { GatewayNames, HostTarget } from './host.ts';
import { parseHost } from './host.ts';
import type { GatewayMetrics } from './metrics.ts';
import { answerProbe, isProbeHost } from './name-probe.ts';
import { answerProblem } from './problem.ts';
import type { AbsoluteTarget, ProxyTargets } from './proxy-targets.ts';
import { parseAbsoluteTarget, toOriginForm } from './proxy-targets.ts';
import type { Tunnels } from './tunnels.ts';

export interface RouterOptions {
  api: ApiOrigin;
  apps: AppOrigin;
  targets: ProxyTargets;
  tunnels: Tunnels;
  names: GatewayNames;
  /** Absent: whoever reaches the gateway may use it. */
  gate: Gate | undefined;
  metrics: GatewayMetrics;
  log(line: string): void;
}

export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Sees that the request is answered. */
  route(exchange: ServerExchange): void {
    try {
      const answered = this.#answer(exchange);
      if (answered instanceof Promise) answered.catch((error: unknown) => this.#defect(exchange, error));
    } catch (error) {
      this.#defect(exchange, error);
    }
  }

  #answer(exchange: ServerExchange): Promise<void> | void {
    const { method, target } = exchange.head;
    const { metrics } = this.#options;
    if (method === 'CONNECT') {
      metrics.request(exchange, 'tunnel');
      return this.#answerConnect(exchange);
    }
    if (target.startsWith('/')) return this.#answerByHost(exchange);
    const absolute = parseAbsoluteTarget(target);
    if (absolute === undefined) {
      metrics.request(exchange, 'app');
      const message = `"${target.slice(0, 200)}" is neither a path nor an http: URL. For https use CONNECT or SOCKS 5.`;
      answerProblem(exchange, { code: 400, reason: 'BadRequest', title: 'This target is not served', message });
      return;
    }
    toOriginForm(exchange, absolute);
    if (this.#namesThisGateway(absolute, exchange.localPort)) return this.#answerByHost(exchange);
    metrics.request(exchange, 'app');
    return this.#answerAsProxy(exchange, absolute);
  }

  /** Its own origin or a name below it. Another port of this machine is none of its, and refused as every proxy client's. */
  #namesThisGateway({ authority, port = '80' }: AbsoluteTarget, own: number | undefined): boolean {
    const { names } = this.#options;
    const target = parseHost(authority, names);
    if (target === undefined) return isProbeHost(authority, names);
    // A unix socket has no port: there only the usual one can mean it.
    return target.kind !== 'api' || Number(port) === (own ?? 80);
  }

  #answerByHost(exchange: ServerExchange): Promise<void> | void {
    const host = headerValue(exchange.head.headers, 'host') ?? '';
    const { api, gate, names, metrics } = this.#options;
    const target = parseHost(host, names);
    if (target === undefined && isProbeHost(host, names)) {
      answerProbe(exchange);
      return;
    }
    const toApp = target !== undefined && target.kind !== 'api';
    metrics.request(exchange, toApp ? 'app' : 'api');
    if (toApp || api.filter.acceptsHost(host, target !== undefined)) {
      const admitted = gate === undefined || gate.admit(exchange);
      if (admitted === true) return this.#pass(exchange, target);
      return admitted === false ? undefined : this.#passLater(exchange, target, admitted);
    }
    const message = `"${host.slice(0, 200)}" is not a name of this gateway. Use localhost, or SERVICE.NAMESPACE.localhost.`;
    answerProblem(exchange, { code: 403, reason: 'Forbidden', title: 'Unknown host', message });
  }

  #pass(exchange: ServerExchange, target: HostTarget | undefined): Promise<void> | void {
    const { api, apps } = this.#options;
    if (target !== undefined && target.kind !== 'api') return apps.handle(exchange, target);
    api.handle(exchange);
  }

  async #passLater(
    exchange: ServerExchange,
    target: HostTarget | undefined,
    admitted: Promise<boolean>,
  ): Promise<void> {
    if ((await admitted) && !exchange.over) await this.#pass(exchange, target);
  }

  async #answerConnect(exchange: ServerExchange): Promise<void> {
    const { gate, tunnels } = this.#options;
    if (gate !== undefined && !(await gate.admitProxy(exchange))) return;
    if (!exchange.over) await tunnels.connect(exchange);
  }

  async #answerAsProxy(exchange: ServerExchange, { host, port }: AbsoluteTarget): Promise<void> {
    const { gate } = this.#options;
    if (gate !== undefined && !(await gate.admitProxy(exchange))) return;
    const resolved = await this.#options.targets.resolve(host, port);
    if (exchange.over) return;
    if ('problem' in resolved) answerProblem(exchange, resolved.problem);
    else await this.#options.apps.handle(exchange, resolved.target, 'proxy');
  }

  #defect(exchange: ServerExchange, error: unknown): void {
    this.#options.log(`the gateway failed: ${error instanceof Error ? error.stack : error}`);
    if (exchange.responseStarted) exchange.cut();
    else answerProblem(exchange, problems.defect());
  }
}
