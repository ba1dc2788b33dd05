/** The API's own origin (`localhost:PORT`): the page, and the cluster's API with the user's credentials, as kubectl proxy. */
import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';
import type { FilterSettings } from './api-filter.ts';
import { ApiFilter } from './api-filter.ts';
import type { ApiPath } from './api-path.ts';
import { PathError, parseApiPath } from './api-path.ts';
import type { Prefixes } from './api-prefix.ts';
import { placeOf } from './api-prefix.ts';
import type { ApiUpstream } from './api-upstream.ts';
import { crossOriginReason } from './browser-check.ts';
import { apiRequestHead, keepOriginApart } from './forward-headers.ts';
import type { OwnPaths } from './own-paths.ts';
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
  upstream: ApiUpstream;
  page: PageHandler | undefined;
  /** What the gateway tells of itself. */
  own?: OwnPaths;
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
    const { page, own, rules: { prefixes, files } = {} } = this.#options;
    if (own?.has(path) === true) {
      if (!this.#refuseForeign(exchange, false)) own.answer(exchange, path);
      return;
    }
    const place = placeOf(path, prefixes);
    if (place.kind === 'api') {
      this.#handleApi(exchange, { ...place, query, pagePath: path });
      return;
    }
    if (this.#refuseForeign(exchange, false)) return;
    // The user's own files take the place of the page, but not of what it is made of.
    const isPage = isPagePath(path) && (place.kind !== 'static' || path.startsWith('/.fairlead/'));
    if (page !== undefined && isPage) void this.#tryPage(exchange, { page, path, query }, undefined);
    else if (place.kind === 'redirect') exchange.answer(307, { Location: `${place.to}${query}` }, '');
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
    const decoded = (): string => filterPath ?? `/${parsed.segments.join('/')}`;
    const refused =
      this.filter.refuses({ method, path: decoded, parsed }) ??
      (rules?.readOnly === true ? readOnlyReason({ method, upgrade }, parsed) : undefined);
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
    const why = crossOriginReason(exchange.head, {
      upgrade: exchange.upgrade !== undefined,
      toApp,
      secure: exchange.encrypted,
    });
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

  #toApi(exchange: ServerExchange, { target: requested, toApp }: ApiRequest): void {
    const { upstream, rules } = this.#options;
    upstream.forward(exchange, {
      target: requested,
      toApp,
      // Credentials of its own take the place of ours.
      anonymous: headerValue(exchange.head.headers, 'authorization') !== undefined,
      withoutServerPath: rules?.appendServerPath === false,
      head: (target, server) => apiRequestHead(exchange, target, server),
      rewriteHeaders: (headers) => {
        keepOriginApart(headers);
        if (toApp || !isJson(headers)) headers.push(['Content-Security-Policy', sandbox]);
      },
    });
  }
}

function notFound(exchange: ServerExchange): void {
  exchange.answer(404, { 'Content-Type': 'text/plain; charset=utf-8' }, '404 page not found\n');
}

function isJson(headers: HeaderLines): boolean {
  return headerValue(headers, 'content-type')?.startsWith('application/json') === true;
}
