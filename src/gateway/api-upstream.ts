/** The way to one cluster's API servers, with the user's credentials, for whoever has a request to pass on. */
import type { AccessPass } from '../client/api-access.ts';
import { ApiAccess } from '../client/api-access.ts';
import type { ServerLease } from '../client/api-servers.ts';
import { CredentialError } from '../client/credentials.ts';
import { oncePer } from '../lib/once-per.ts';
import type { BodyTransform } from '../net/http1/body-transform.ts';
import type { ConnectionPool } from '../net/http1/connections.ts';
import type { ResponseHead } from '../net/http1/head.ts';
import { guardOf, leadsToApplication } from '../net/http1/retry.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { splice } from '../net/http1/splice.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import type { GatewayContext, GatewayContexts } from './contexts.ts';
import { loginProblem } from './login-problem.ts';
import { answerProblem, sentenceOf } from './problem.ts';

/** Servers beside each other may disagree. */
const silenceMs = 600_000;

export interface ApiForward {
  /** Path and query below the server's URL. */
  target: string;
  /** An application answers: a 401 is its own. */
  toApp: boolean;
  /** The client brings credentials of its own: none of ours, and no login begins. */
  anonymous?: boolean;
  /** The path of the server's own URL is left out. */
  withoutServerPath?: boolean;
  /** The whole head. `target` is the one that the server sees; `identity` says who asks. */
  head(target: string, server: { host: string; basePath: string; identity: HeaderLines }): string;
  /** Changes the answer's end-to-end headers in place. */
  rewriteHeaders(headers: [name: string, value: string][], head: ResponseHead): void;
  /** Changes the answer's payload. */
  transformBody?(head: ResponseHead): BodyTransform | undefined;
  /** Called when the exchange, and what it was upgraded to, is over. */
  onOver?(): void;
}

export interface ApiUpstreamOptions {
  context: GatewayContext;
  connections: ConnectionPool;
  signal: AbortSignal;
  log(line: string): void;
}

export class ApiUpstream {
  readonly context: GatewayContext;
  readonly #options: ApiUpstreamOptions;
  readonly #access: ApiAccess;
  readonly #tellExpired: (text: string) => void;
  /** The server has taken the credentials, and not refused them since. */
  #isKnown = false;

  constructor(options: ApiUpstreamOptions) {
    this.context = options.context;
    this.#options = options;
    this.#tellExpired = oncePer(silenceMs, options.log);
    const { config, client } = options.context;
    this.#access = new ApiAccess(config, client.servers.isOverheard);
  }

  /** Answers the exchange, whatever happens. What may be sent again goes to another server where one fails. */
  forward(exchange: ServerExchange, request: ApiForward): void {
    // Its answer is the request as it arrived, with the credentials that are put in here (RFC 9110 9.3.8).
    if (exchange.head.method === 'TRACE') {
      const message = 'TRACE is not passed on: the answer could show credentials of the cluster.';
      answerProblem(exchange, { code: 405, reason: 'MethodNotAllowed', title: 'Refused by the gateway', message });
      return;
    }
    if (request.anonymous === true) {
      this.#begin(exchange, request, undefined);
      return;
    }
    try {
      const pass = this.#access.pass(this.#options.signal);
      if (!(pass instanceof Promise)) {
        this.#begin(exchange, request, pass);
        return;
      }
      pass.then(
        (now) => {
          if (!exchange.over) this.#begin(exchange, request, now);
        },
        (error: unknown) => {
          if (!exchange.over) this.#hasNoPass(exchange, request, error);
        },
      );
    } catch (error) {
      this.#hasNoPass(exchange, request, error);
    }
  }

  #begin(exchange: ServerExchange, request: ApiForward, pass: AccessPass | undefined): void {
    this.#spliceTo(this.context.client.servers.lease(), exchange, request, pass);
  }

  #spliceTo(lease: ServerLease, exchange: ServerExchange, request: ApiForward, pass: AccessPass | undefined): void {
    const { server } = lease;
    const { method } = exchange.head;
    const target = `${request.withoutServerPath === true ? '' : server.basePath}${request.target}`;
    const upgrade = exchange.upgrade !== undefined;
    const hasBody = exchange.framing.kind !== 'none';
    const guard = guardOf({ method, target: request.target, upgrade, hasBody });
    let next: ServerLease | undefined;
    splice(exchange, {
      connections: this.#options.connections,
      endpoint: pass === undefined ? server.anonymous : server.endpoint(pass.credentials),
      target,
      head: request.head(target, { host: server.host, basePath: server.basePath, identity: pass?.headers ?? [] }),
      guard: lease.isGuarded ? guard : 'none',
      watch: !request.toApp && method === 'GET' && isWatch(target),
      rewriteHeaders: (headers, head) => {
        // What the server refused is not sent again, as part of it has gone by; the next request finds new credentials.
        if (pass !== undefined && !request.toApp) {
          if (head.status === 401) this.#renew(pass, request.target);
          else this.#isKnown = true;
        }
        request.rewriteHeaders(headers, head);
      },
      onOver: () => {
        lease.over?.();
        request.onOver?.();
      },
      ...(request.transformBody && { transformBody: request.transformBody }),
      isTurnedAway({ status, headers }, bodyWithheld) {
        const facts = { onlyReads: guard === 'none', bodyWithheld, toApplication: leadsToApplication(request.target) };
        if (lease.answered(status, headers, facts)) next = lease.next();
        return next !== undefined;
      },
      ...(guard === 'none' && lease.lost && { lost: lease.lost }),
      onFail: (error, canRetry) => {
        lease.failed(error);
        if (canRetry) next ??= lease.next();
        if (next !== undefined) this.#spliceTo(next, exchange, request, pass);
        else this.#failed(exchange, error, canRetry);
      },
    });
  }

  #renew(pass: AccessPass, target: string): void {
    const { signal, log } = this.#options;
    const renewed = this.#access.renew(pass, signal).then((isAnother) => {
      // Before, it is told at the start; and what is behind the proxy verb may refuse for itself.
      if (isAnother || !this.#isKnown || signal.aborted || /\/proxy(?:[/?]|$)/.test(target)) return;
      this.#isKnown = false;
      this.#tellExpired(
        `${this.context.name === undefined ? '' : `context "${this.context.name}": `}the API server does not know who asks any more (401 Unauthorized): log in again with the tool that made this context, then start the gateway anew`,
      );
    });
    renewed.catch((error: unknown) => {
      // Failed logins are told by who has them: requests to applications meet them too.
      if (!signal.aborted && !(error instanceof CredentialError))
        log(`The API server refuses the credentials: ${error instanceof Error ? error.message : error}`);
    });
  }

  #hasNoPass(exchange: ServerExchange, { toApp }: ApiForward, error: unknown): void {
    const login = loginProblem(error);
    if (login === undefined) this.#failed(exchange, error, true);
    // To clients of the API the same as where the server refuses what has expired.
    else answerProblem(exchange, toApp ? login : { ...login, code: 401 });
  }

  #failed(exchange: ServerExchange, error: unknown, nothingHappened: boolean): void {
    const outcome =
      nothingHappened || (error instanceof UpstreamError && !error.sent)
        ? 'Nothing was changed. Check that the cluster runs and that the kubeconfig names its address.'
        : 'Whether the request was carried out is not known: look before you repeat it.';
    answerProblem(exchange, {
      code: 502,
      reason: 'ServiceUnavailable',
      title: 'The API server does not answer',
      message: `${sentenceOf(error)} ${outcome}`,
    });
  }
}

/** One for each context. */
export class ApiUpstreams {
  readonly default: ApiUpstream;
  readonly all: readonly ApiUpstream[];

  constructor([first, ...others]: GatewayContexts, options: Omit<ApiUpstreamOptions, 'context'>) {
    this.default = new ApiUpstream({ context: first, ...options });
    this.all = [this.default, ...others.map((context) => new ApiUpstream({ context, ...options }))];
  }

  of(context: GatewayContext): ApiUpstream {
    return this.all.find((upstream) => upstream.context === context) ?? this.default;
  }
}

function isWatch(target: string): boolean {
  const query = target.indexOf('?');
  return query !== -1 && /[?&]watch=(?:true|1)(?:&|$)/.test(target.slice(query));
}
