/** The API's own origin (`localhost:PORT`): the page, and the cluster's API with the user's credentials, as kubectl proxy. */
import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';
import type { ApiPath } from './api-path.ts';
import { leadsIntoContainers, PathError, parseApiPath } from './api-path.ts';
import type { ApiUpstream } from './api-upstream.ts';
import { crossOriginReason } from './browser-check.ts';
import { apiRequestHead, keepOriginApart } from './forward-headers.ts';
import { answerByPage, isPagePath } from './page-answer.ts';
import type { PageHandler } from './page-handler.ts';
import { answerProblem } from './problem.ts';

export interface ApiOriginOptions {
  upstream: ApiUpstream;
  page: PageHandler | undefined;
  log(line: string): void;
}

/**
 * An application's page behind the API's proxy verb, or one that an extension of the API answers, would have the API's
 * origin and with it the user's rights: it gets an origin of its own that nothing else shares.
 */
const sandbox = 'sandbox allow-scripts allow-forms allow-popups allow-downloads allow-modals';

export class ApiOrigin {
  readonly #options: ApiOriginOptions;

  constructor(options: ApiOriginOptions) {
    this.#options = options;
  }

  /** Answers every request. */
  handle(exchange: ServerExchange): void {
    const { target } = exchange.head;
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    let parsed: ApiPath;
    try {
      parsed = parseApiPath(path);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      const message = `${error.message}. Write the path with single slashes and without "." and "..".`;
      answerProblem(exchange, { code: 400, reason: 'BadRequest', title: 'This path is not served', message });
      return;
    }
    const upgrade = exchange.upgrade !== undefined;
    const toApp = parsed.subresource === 'proxy';
    const crossOrigin = crossOriginReason(exchange.head, upgrade, toApp && parsed.resource !== 'nodes');
    if (crossOrigin !== undefined) {
      const message = `${crossOrigin}. Applications have host names of their own and no rights on the API.`;
      answerProblem(exchange, { code: 403, reason: 'Forbidden', title: 'Refused by the gateway', message });
      return;
    }
    if (leadsIntoContainers(parsed)) {
      const message = `the gateway does not pass on ${parsed.subresource} (as kubectl proxy does not); use kubectl against the API server itself.`;
      answerProblem(exchange, { code: 403, reason: 'Forbidden', title: 'Refused by the gateway', message });
      return;
    }
    const { page } = this.#options;
    if (page !== undefined && isPagePath(path)) {
      void this.#tryPage(exchange, page, path, mark === -1 ? '' : target.slice(mark));
      return;
    }
    this.#toApi(exchange, toApp);
  }

  async #tryPage(exchange: ServerExchange, page: PageHandler, path: string, query: string): Promise<void> {
    try {
      if (await answerByPage(exchange, page, path, query)) return;
      if (!exchange.over) this.#toApi(exchange, false);
    } catch (error) {
      this.#options.log(`the page failed: ${error instanceof Error ? error.stack : error}`);
      if (exchange.responseStarted) exchange.cut();
      else {
        const message = 'this is a defect of Fairlead; its log has more.';
        answerProblem(exchange, { code: 500, reason: 'InternalError', title: 'The page failed', message });
      }
    }
  }

  #toApi(exchange: ServerExchange, toApp: boolean): void {
    this.#options.upstream.forward(exchange, {
      target: exchange.head.target,
      toApp,
      // Credentials of its own take the place of ours.
      anonymous: headerValue(exchange.head.headers, 'authorization') !== undefined,
      head: (target, server) => apiRequestHead(exchange, target, server),
      rewriteHeaders: (headers) => {
        keepOriginApart(headers);
        if (toApp || !isJson(headers)) headers.push(['Content-Security-Policy', sandbox]);
      },
    });
  }
}

function isJson(headers: HeaderLines): boolean {
  return headerValue(headers, 'content-type')?.startsWith('application/json') === true;
}
