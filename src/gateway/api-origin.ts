/** The API's own origin (`localhost:PORT`): the page, and the cluster's API with the user's credentials, as kubectl proxy. */
import type { AccessPass, ApiAccess } from '../client/api-access.ts';
import type { ApiServers, ServerLease } from '../client/api-servers.ts';
import type { ConnectionPool } from '../net/http1/connections.ts';
import { headerValue } from '../net/http1/headers.ts';
import { guardOf } from '../net/http1/retry.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { splice } from '../net/http1/splice.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import type { ApiPath } from './api-path.ts';
import { leadsIntoContainers, PathError, parseApiPath } from './api-path.ts';
import { crossOriginReason } from './browser-check.ts';
import { apiRequestHead, keepOriginApart } from './forward-headers.ts';
import { answerByPage, isPagePath } from './page-answer.ts';
import type { PageHandler } from './page-handler.ts';
import { answerProblem } from './problem.ts';

export interface ApiOriginOptions {
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
    // Credentials of its own take the place of ours: nothing is looked up, and no login begins.
    if (headerValue(exchange.head.headers, 'authorization') !== undefined) {
      this.#splice(exchange, toApp, undefined);
      return;
    }
    const { access, signal } = this.#options;
    try {
      const pass = access.pass(signal);
      if (!(pass instanceof Promise)) {
        this.#splice(exchange, toApp, pass);
        return;
      }
      pass.then(
        (now) => {
          if (!exchange.over) this.#splice(exchange, toApp, now);
        },
        (error: unknown) => {
          if (!exchange.over) this.#failed(exchange, error, true);
        },
      );
    } catch (error) {
      this.#failed(exchange, error, true);
    }
  }

  #splice(exchange: ServerExchange, toApp: boolean, pass: AccessPass | undefined): void {
    this.#spliceTo(this.#options.servers.lease(), exchange, toApp, pass);
  }

  #spliceTo(lease: ServerLease, exchange: ServerExchange, toApp: boolean, pass: AccessPass | undefined): void {
    const { server, over } = lease;
    const { method } = exchange.head;
    const target = `${server.basePath}${exchange.head.target}`;
    const upgrade = exchange.upgrade !== undefined;
    const hasBody = exchange.framing.kind !== 'none';
    const needed = guardOf({ method, target: exchange.head.target, upgrade, hasBody });
    const guard = lease.isGuarded ? needed : 'none';
    const asksItself = headerValue(exchange.head.headers, 'expect') !== undefined;
    const expectation: HeaderLines = guard === 'withhold' && !asksItself ? [['Expect', '100-continue']] : [];
    let next: ServerLease | undefined;
    splice(exchange, {
      connections: this.#options.connections,
      endpoint: pass === undefined ? server.anonymous : server.endpoint(pass.credentials),
      target,
      head: apiRequestHead(exchange, target, { host: server.host, identity: pass?.headers ?? [], expectation }),
      guard,
      watch: !toApp && method === 'GET' && isWatch(target),
      rewriteHeaders: (headers, head) => {
        keepOriginApart(headers);
        // What the server refused is not sent again, as part of it has gone by; the next request finds new credentials.
        if (head.status === 401 && pass !== undefined && !toApp) this.#renew(pass);
        if (toApp || !isJson(headers)) headers.push(['Content-Security-Policy', sandbox]);
      },
      ...(over && { onOver: over }),
      isTurnedAway({ status, headers }, bodyWithheld) {
        if (lease.answered(status, headers, bodyWithheld)) next = lease.next();
        return next !== undefined;
      },
      ...(needed === 'none' && lease.lost && { lost: lease.lost }),
      onFail: (error, canRetry) => {
        lease.failed(error);
        if (canRetry) next ??= lease.next();
        if (next !== undefined) this.#spliceTo(next, exchange, toApp, pass);
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

function isWatch(target: string): boolean {
  const query = target.indexOf('?');
  return query !== -1 && /[?&]watch=(?:true|1)(?:&|$)/.test(target.slice(query));
}

function isJson(headers: HeaderLines): boolean {
  return headerValue(headers, 'content-type')?.startsWith('application/json') === true;
}
