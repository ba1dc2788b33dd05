/** The API's own origin (`localhost:PORT`): the page, and the cluster's API with the user's credentials, as kubectl proxy. */
import type { AccessPass, ApiAccess } from '../client/api-access.ts';
import type { ApiServers, ServerLease } from '../client/api-servers.ts';
import type { ConnectionPool } from '../net/http1/connections.ts';
import { headerValue } from '../net/http1/headers.ts';
import { mayRetry } from '../net/http1/retry.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { splice } from '../net/http1/splice.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import type { FilterSettings } from './api-filter.ts';
import { ApiFilter } from './api-filter.ts';
import type { ApiPath } from './api-path.ts';
import { PathError, parseApiPath } from './api-path.ts';
import type { Prefixes } from './api-prefix.ts';
import { placeOf } from './api-prefix.ts';
import { crossOriginReason } from './browser-check.ts';
import { apiRequestHead, keepOriginApart } from './forward-headers.ts';
import { answerByPage, isPagePath } from './page-answer.ts';
import type { PageHandler } from './page-handler.ts';
import { answerProblem } from './problem.ts';
import { readOnlyReason } from './read-only.ts';
import type { StaticFiles } from './static-files.ts';

/** What the gateway's user may choose about it: kubectl proxy's flags, and `--read-only`. */
export interface ApiRules {
  filter?: FilterSettings;
  readOnly?: boolean;
  /** Default: the API at `/`, no files. */
  prefixes?: Prefixes;
  /** The folder behind `prefixes.static`. */
  files?: StaticFiles;
  /** False: paths go to the server without the path of its own URL. */
  appendServerPath?: boolean;
}

export interface ApiOriginOptions {
  rules?: ApiRules;
  connections: ConnectionPool;
  access: ApiAccess;
  servers: ApiServers;
  page: PageHandler | undefined;
  /** Fires when the gateway closes. */
  signal: AbortSignal;
  log(line: string): void;
}

/**
 * An application's page behind the API's proxy verb, or one that an extension of the API answers, would have the API's
 * origin and with it the user's rights: it gets an origin of its own that nothing else shares.
 */
const sandbox = 'sandbox allow-scripts allow-forms allow-popups allow-downloads allow-modals';

const refusal = { code: 403, reason: 'Forbidden', title: 'Refused by the gateway' } as const;

/** A request that is passed on; `target` is path and query below the server's URL. */
interface ApiRequest {
  target: string;
  /** It leads into an application by the proxy verb. */
  toApp: boolean;
}

export class ApiOrigin {
  readonly filter: ApiFilter;
  readonly #options: ApiOriginOptions;

  constructor(options: ApiOriginOptions) {
    this.#options = options;
    this.filter = new ApiFilter(options.rules?.filter);
  }

  /** Answers every request whose Host `filter` accepts. */
  handle(exchange: ServerExchange): void {
    const { target } = exchange.head;
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const query = mark === -1 ? '' : target.slice(mark);
    const { page, rules: { prefixes, files } = {} } = this.#options;
    const place = placeOf(path, prefixes);
    if (place.kind === 'api') {
      this.#handleApi(exchange, { ...place, query, pagePath: path });
      return;
    }
    if (this.#refuseForeign(exchange, false)) return;
    if (page !== undefined && isPagePath(path)) void this.#tryPage(exchange, { page, path, query }, undefined);
    else if (place.kind === 'redirect') exchange.answer(301, { Location: `${place.to}${query}` }, '');
    else if (place.kind === 'static' && files !== undefined) void files.handle(exchange, place.path);
    else notFound(exchange);
  }

  #handleApi(
    exchange: ServerExchange,
    {
      path,
      filterPath,
      query,
      pagePath,
    }: { path: string; filterPath?: string | undefined; query: string; pagePath: string },
  ): void {
    let parsed: ApiPath;
    try {
      parsed = parseApiPath(path);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      const message = `${error.message}. Write the path with single slashes and without "." and "..".`;
      answerProblem(exchange, { code: 400, reason: 'BadRequest', title: 'This path is not served', message });
      return;
    }
    const { page, rules } = this.#options;
    const { method } = exchange.head;
    const upgrade = exchange.upgrade !== undefined;
    const toApp = parsed.subresource === 'proxy';
    if (this.#refuseForeign(exchange, toApp && parsed.resource !== 'nodes')) return;
    const decoded = filterPath ?? `/${parsed.segments.join('/')}`;
    const refused =
      this.filter.refuses({ method, path: decoded, parsed }) ??
      (rules?.readOnly === true ? readOnlyRefusal({ method, upgrade }, parsed) : undefined);
    const request: ApiRequest = { target: `${path}${query}`, toApp };
    if (page !== undefined && isPagePath(pagePath)) {
      void this.#tryPage(exchange, { page, path: pagePath, query }, refused ?? request);
      return;
    }
    this.#pass(exchange, refused ?? request);
  }

  #pass(exchange: ServerExchange, request: ApiRequest | string | undefined): void {
    if (request === undefined) notFound(exchange);
    else if (typeof request !== 'string') this.#toApi(exchange, request);
    else answerProblem(exchange, { ...refusal, message: `${request}.` });
  }

  /** True: it was refused, as a page of another origin asks. */
  #refuseForeign(exchange: ServerExchange, toApp: boolean): boolean {
    const why = crossOriginReason(exchange.head, exchange.upgrade !== undefined, toApp);
    if (why === undefined) return false;
    const message = `${why}. Applications have host names of their own and no rights on the API.`;
    answerProblem(exchange, { ...refusal, message });
    return true;
  }

  /** `otherwise`: what becomes of it where the page does not answer. */
  async #tryPage(
    exchange: ServerExchange,
    { page, path, query }: { page: PageHandler; path: string; query: string },
    otherwise: ApiRequest | string | undefined,
  ): Promise<void> {
    try {
      if (await answerByPage(exchange, page, path, query)) return;
      if (!exchange.over) this.#pass(exchange, otherwise);
    } catch (error) {
      this.#options.log(`the page failed: ${error instanceof Error ? error.stack : error}`);
      if (exchange.responseStarted) exchange.cut();
      else {
        const message = 'this is a defect of Fairlead; its log has more.';
        answerProblem(exchange, { code: 500, reason: 'InternalError', title: 'The page failed', message });
      }
    }
  }

  #toApi(exchange: ServerExchange, request: ApiRequest): void {
    // Credentials of its own take the place of ours: nothing is looked up, and no login begins.
    if (headerValue(exchange.head.headers, 'authorization') !== undefined) {
      this.#splice(exchange, request, undefined);
      return;
    }
    const { access, signal } = this.#options;
    try {
      const pass = access.pass(signal);
      if (!(pass instanceof Promise)) {
        this.#splice(exchange, request, pass);
        return;
      }
      pass.then(
        (now) => {
          if (!exchange.over) this.#splice(exchange, request, now);
        },
        (error: unknown) => {
          if (!exchange.over) this.#failed(exchange, error, true);
        },
      );
    } catch (error) {
      this.#failed(exchange, error, true);
    }
  }

  #splice(exchange: ServerExchange, request: ApiRequest, pass: AccessPass | undefined): void {
    this.#spliceTo(this.#options.servers.lease(), exchange, request, pass);
  }

  #spliceTo(lease: ServerLease, exchange: ServerExchange, request: ApiRequest, pass: AccessPass | undefined): void {
    const { server, over } = lease;
    const { toApp } = request;
    const { method } = exchange.head;
    const basePath = this.#options.rules?.appendServerPath === false ? '' : server.basePath;
    const target = `${basePath}${request.target}`;
    const upgrade = exchange.upgrade !== undefined;
    const onlyReads = mayRetry({ method, target, upgrade, sent: true, responded: false });
    splice(exchange, {
      connections: this.#options.connections,
      endpoint: pass === undefined ? server.anonymous : server.endpoint(pass.credentials),
      target,
      head: apiRequestHead(exchange, target, { host: server.host, identity: pass?.headers ?? [] }),
      fresh: lease.freshForWrites && !onlyReads,
      watch: !toApp && method === 'GET' && isWatch(target),
      rewriteHeaders: (headers, head) => {
        keepOriginApart(headers);
        lease.answered(head.status, head.headers);
        // What the server refused is not sent again, as part of it has gone by; the next request finds new credentials.
        if (head.status === 401 && pass !== undefined && !toApp) this.#renew(pass);
        if (toApp || !isJson(headers)) headers.push(['Content-Security-Policy', sandbox]);
      },
      ...(over && { onOver: over }),
      ...(onlyReads && lease.lost && { lost: lease.lost }),
      onFail: (error, canRetry) => {
        lease.failed(error);
        const next = canRetry ? lease.next() : undefined;
        if (next !== undefined) this.#spliceTo(next, exchange, request, pass);
        else this.#failed(exchange, error, canRetry);
      },
    });
  }

  #renew(pass: AccessPass): void {
    const { access, signal, log } = this.#options;
    access.renew(pass, signal).catch((error: unknown) => {
      if (!signal.aborted)
        log(`The API server refuses the credentials: ${error instanceof Error ? error.message : error}`);
    });
  }

  #failed(exchange: ServerExchange, error: unknown, nothingHappened: boolean): void {
    const what = error instanceof Error ? error.message : String(error);
    const outcome =
      nothingHappened || (error instanceof UpstreamError && !error.sent)
        ? 'Nothing was changed. Check that the cluster runs and that the kubeconfig names its address.'
        : 'Whether the request was carried out is not known: look before you repeat it.';
    answerProblem(exchange, {
      code: 502,
      reason: 'ServiceUnavailable',
      title: 'The API server does not answer',
      message: `${what}. ${outcome}`,
    });
  }
}

function notFound(exchange: ServerExchange): void {
  exchange.answer(404, { 'Content-Type': 'text/plain; charset=utf-8' }, '404 page not found\n');
}

function readOnlyRefusal(request: { method: string; upgrade: boolean }, parsed: ApiPath): string | undefined {
  const why = readOnlyReason(request, parsed);
  return why && `this gateway only reads (--read-only), and ${why}`;
}

function isWatch(target: string): boolean {
  const query = target.indexOf('?');
  return query !== -1 && /[?&]watch=(?:true|1)(?:&|$)/.test(target.slice(query));
}

function isJson(headers: HeaderLines): boolean {
  return headerValue(headers, 'content-type')?.startsWith('application/json') === true;
}
