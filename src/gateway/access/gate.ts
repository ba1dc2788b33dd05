/**
 * Lets in only those who signed in: browsers by a session of each host name, programs by the password in Basic
 * authentication. What proves it is taken out of the request before anybody else sees it.
 */
import { headerValue } from '../../net/http1/headers.ts';
import type { ServerExchange } from '../../net/http1/server-exchange.ts';
import type { SocksServerOptions } from '../../net/proxy/socks5-server.ts';
import { crossOriginReason } from '../browser-check.ts';
import type { GatewayNames } from '../host.ts';
import { hostName, parseHost } from '../host.ts';
import { answerProblem } from '../problem.ts';
import type { FirstUseLink } from './first-use-link.ts';
import { linkNeededPage, loginPage, loginPath, logoutPage, logoutPath, pageHeaders } from './login-page.ts';
import type { Password } from './password.ts';
import { readForm } from './read-form.ts';
import { Sessions, sessionMs } from './sessions.ts';

const own = '/.fairlead/access/';
/** On the API's origin: leads, with a ticket, to an application's host name. */
const handOverPath = `${own}hand-over`;
/** On an application's host name: takes the ticket. */
const enterPath = `${own}enter`;

export interface GateOptions {
  names: GatewayNames;
  /** Absent: only the link opens the gate. */
  password: Password | undefined;
  link: FirstUseLink | undefined;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #sessions = new Sessions();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** True: the request goes on. False: it was answered. For requests whose Host is one of the gateway's. */
  admit(exchange: ServerExchange): boolean | Promise<boolean> {
    const { target, headers } = exchange.head;
    const host = headerValue(headers, 'host') ?? '';
    if (target.startsWith(own)) return this.#answerOwn(exchange, host).then(() => false);
    const session = this.#sessionOf(exchange, host);
    if (session !== undefined) return true;
    return this.#admitByPassword(exchange, ['proxy-authorization', 'authorization']).then((right) => {
      if (!right && !exchange.over) this.#turnAway(exchange, host);
      return right;
    });
  }

  /** For CONNECT and requests in absolute form, whose clients know of a proxy's password only. */
  async admitProxy(exchange: ServerExchange): Promise<boolean> {
    if (await this.#admitByPassword(exchange, ['proxy-authorization'])) return true;
    if (exchange.over) return false;
    const { password } = this.#options;
    const message =
      password === undefined
        ? 'This gateway lets in browsers by its link only: start it with --password-file for proxy clients.'
        : 'Give the password of this gateway as that of the proxy, with any user name.';
    const problem = { code: 407, reason: '', title: 'Proxy authentication is needed', message } as const;
    answerProblem(exchange, problem, password && { 'Proxy-Authenticate': challenge });
    return false;
  }

  /** For SOCKS; undefined where its clients cannot say who they are. */
  get socks(): ((remoteAddress: string) => SocksServerOptions) | undefined {
    const { password } = this.#options;
    if (password === undefined) return undefined;
    return (remoteAddress) => ({
      checkPassword: async (_username, given) => (await password.check(given, remoteAddress)).kind === 'right',
    });
  }

  /** Takes the header away where it was ours. Answers where there were too many tries. */
  async #admitByPassword(exchange: ServerExchange, names: readonly string[]): Promise<boolean> {
    const { password } = this.#options;
    if (password === undefined) return false;
    for (const name of names) {
      const given = basicPassword(headerValue(exchange.head.headers, name));
      if (given === undefined) continue;
      const outcome = await password.check(given, exchange.remoteAddress);
      if (exchange.over) return false;
      if (outcome.kind === 'wait') {
        tooManyTries(exchange, outcome.seconds);
        return false;
      }
      if (outcome.kind === 'wrong') continue;
      exchange.head.headers = exchange.head.headers.filter(([each]) => each.toLowerCase() !== name);
      return true;
    }
    return false;
  }

  #turnAway(exchange: ServerExchange, host: string): void {
    const { method, headers, target } = exchange.head;
    const page = headerValue(headers, 'accept')?.includes('text/html') === true && exchange.upgrade === undefined;
    if (page && (method === 'GET' || method === 'HEAD')) {
      const apiOrigin = this.#apiOriginOf(exchange, host);
      const next = safePath(target);
      if (apiOrigin === undefined) redirect(exchange, `${loginPath}?${new URLSearchParams({ next })}`);
      else redirect(exchange, `${apiOrigin}${handOverPath}?${new URLSearchParams({ to: host, path: next })}`);
      return;
    }
    const message =
      this.#options.password === undefined
        ? 'Open the link that the gateway printed when it started.'
        : 'Sign in at its page with a browser, or give its password in Basic authentication, with any user name.';
    // A browser would ask for the password in a window of its own.
    const program = headerValue(headers, 'sec-fetch-mode') === undefined && this.#options.password !== undefined;
    const problem = { code: 401, reason: 'Unauthorized', title: 'This gateway knows you not yet', message } as const;
    answerProblem(exchange, problem, program ? { 'WWW-Authenticate': challenge } : undefined);
  }

  async #answerOwn(exchange: ServerExchange, host: string): Promise<void> {
    const { method, target } = exchange.head;
    const url = new URL(target, 'http://gateway');
    const onApi = this.#isApiHost(host);
    const route = `${method} ${url.pathname}`;
    if (onApi && method === 'POST') {
      const foreign = crossOriginReason(exchange.head, { upgrade: false, toApp: false, secure: exchange.encrypted });
      if (foreign !== undefined) {
        const message = `${foreign}.`;
        answerProblem(exchange, { code: 403, reason: 'Forbidden', title: 'Refused by the gateway', message });
        return;
      }
    }
    if (onApi && route === `GET ${loginPath}`) this.#showLogin(exchange, host, url.searchParams);
    else if (onApi && route === `POST ${loginPath}`) await this.#login(exchange, host);
    else if (onApi && route === `GET ${logoutPath}`) this.#page(exchange, host, 200, logoutPage());
    else if (onApi && route === `POST ${logoutPath}`) this.#logout(exchange, host);
    else if (onApi && route === `GET ${handOverPath}`) this.#handOver(exchange, host, url.searchParams);
    else if (!onApi && route === `GET ${enterPath}`) this.#enter(exchange, host, url.searchParams);
    else {
      const message = 'Sign in at the page of this gateway.';
      answerProblem(exchange, { code: 404, reason: 'NotFound', title: 'Nothing is here', message });
    }
  }

  #showLogin(exchange: ServerExchange, host: string, query: URLSearchParams): void {
    const { link, password } = this.#options;
    const next = safePath(query.get('next') ?? '/');
    const token = query.get('token');
    if (token !== null && link?.redeem(token) === true) {
      this.#welcome(exchange, host, next);
      return;
    }
    const used = token === null ? undefined : 'This link was used already, or is not of this start of the gateway.';
    if (password !== undefined) {
      this.#page(exchange, host, 200, loginPage({ next, trouble: used }));
      return;
    }
    const ask = 'Open the newest link that the gateway printed in its terminal; each is for one use.';
    this.#page(
      exchange,
      host,
      used === undefined ? 200 : 403,
      linkNeededPage(used === undefined ? ask : `${used} ${ask}`),
    );
  }

  async #login(exchange: ServerExchange, host: string): Promise<void> {
    const form = await readForm(exchange);
    if (exchange.over) return;
    const given = form?.get('password');
    const next = safePath(form?.get('next') ?? '/');
    if (given === undefined || given === null || this.#options.password === undefined) {
      const message = 'Send the form of the page for signing in.';
      answerProblem(exchange, { code: 400, reason: 'BadRequest', title: 'No password is in this request', message });
      return;
    }
    const outcome = await this.#options.password.check(given, exchange.remoteAddress);
    if (exchange.over) return;
    if (outcome.kind === 'right') this.#welcome(exchange, host, next);
    else if (outcome.kind === 'wait') tooManyTries(exchange, outcome.seconds);
    else this.#page(exchange, host, 403, loginPage({ next, trouble: 'That is not the password.' }));
  }

  #logout(exchange: ServerExchange, host: string): void {
    const session = this.#sessionOf(exchange, host);
    if (session !== undefined) this.#sessions.close(session);
    redirect(exchange, loginPath, { 'Set-Cookie': `${this.#cookie(exchange, host, '')}; Max-Age=0` });
  }

  #handOver(exchange: ServerExchange, host: string, query: URLSearchParams): void {
    const session = this.#sessionOf(exchange, host);
    if (session === undefined) {
      redirect(exchange, `${loginPath}?${new URLSearchParams({ next: exchange.head.target })}`);
      return;
    }
    const to = query.get('to')?.toLowerCase() ?? '';
    const target = parseHost(to, this.#options.names);
    // The same port too: what listens on another is not this gateway.
    if (target === undefined || target.kind === 'api' || portOf(to) !== portOf(host)) {
      const message = 'It is not the name of an application of this gateway.';
      answerProblem(exchange, { code: 400, reason: 'BadRequest', title: 'No way leads there', message });
      return;
    }
    const ticket = this.#sessions.issueTicket(session, hostName(to));
    const path = safePath(query.get('path') ?? '/');
    redirect(exchange, `${schemeOf(exchange)}://${to}${enterPath}?${new URLSearchParams({ ticket, path })}`);
  }

  #enter(exchange: ServerExchange, host: string, query: URLSearchParams): void {
    const path = safePath(query.get('path') ?? '/');
    const secret = this.#sessions.redeemTicket(query.get('ticket') ?? '', hostName(host));
    // An old ticket: the page itself leads to a new one.
    redirect(exchange, path, secret === undefined ? {} : { 'Set-Cookie': this.#cookie(exchange, host, secret) });
  }

  #welcome(exchange: ServerExchange, host: string, next: string): void {
    const secret = this.#sessions.open(hostName(host));
    redirect(exchange, next, { 'Set-Cookie': this.#cookie(exchange, host, secret) });
  }

  /** Signing in may lead on to the application that was asked for. */
  #page(exchange: ServerExchange, host: string, status: number, page: string): void {
    const port = portOf(host);
    const leadsTo = this.#options.names.suffixes.map(
      (suffix) => `${schemeOf(exchange)}://*${suffix}${port === '' ? '' : `:${port}`}`,
    );
    exchange.answer(status, pageHeaders(leadsTo), page);
  }

  #sessionOf(exchange: ServerExchange, host: string): string | undefined {
    const name = cookieName(exchange, host);
    for (const [header, value] of exchange.head.headers) {
      if (header.toLowerCase() !== 'cookie') continue;
      for (const part of value.split(';')) {
        const cookie = part.trim();
        if (!cookie.startsWith(`${name}=`)) continue;
        const session = this.#sessions.find(cookie.slice(name.length + 1), hostName(host));
        if (session !== undefined) return session;
      }
    }
    return undefined;
  }

  /** SameSite=Lax: links from elsewhere lead in, forms and scripts of elsewhere do not. */
  #cookie(exchange: ServerExchange, host: string, secret: string): string {
    const secure = exchange.encrypted ? '; Secure' : '';
    const age = secret === '' ? '' : `; Max-Age=${sessionMs / 1000}`;
    return `${cookieName(exchange, host)}=${secret}; Path=/; HttpOnly; SameSite=Lax${secure}${age}`;
  }

  #isApiHost(host: string): boolean {
    const target = parseHost(host, this.#options.names);
    return target === undefined || target.kind === 'api';
  }

  /** For an application's host name: the origin on which one signs in. */
  #apiOriginOf(exchange: ServerExchange, host: string): string | undefined {
    if (this.#isApiHost(host)) return undefined;
    const name = hostName(host);
    const suffix = this.#options.names.suffixes.find((each) => name.endsWith(each)) ?? '.localhost';
    const port = portOf(host);
    return `${schemeOf(exchange)}://${suffix.slice(1)}${port === '' ? '' : `:${port}`}`;
  }
}

const challenge = 'Basic realm="fairlead", charset="UTF-8"';

/** Names of cookies hold for all ports of a host name: without `__Host-` the port is in the name. */
function cookieName(exchange: ServerExchange, host: string): string {
  return exchange.encrypted ? '__Host-fairlead-session' : `fairlead-session-${portOf(host)}`;
}

function basicPassword(header: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : text.slice(colon + 1);
}

/** A path of this host and nothing else; its root for whatever could lead elsewhere. */
function safePath(path: string): string {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) && !path.startsWith(loginPath) ? path : '/';
}

function portOf(host: string): string {
  return /:(\d+)$/.exec(host)?.[1] ?? '';
}

function schemeOf(exchange: ServerExchange): 'https' | 'http' {
  return exchange.encrypted ? 'https' : 'http';
}

function redirect(exchange: ServerExchange, to: string, more: Readonly<Record<string, string>> = {}): void {
  const headers = { Location: to, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', ...more };
  exchange.answer(303, headers, '');
}

function tooManyTries(exchange: ServerExchange, seconds: number): void {
  answerProblem(exchange, {
    code: 429,
    reason: 'TooManyRequests',
    title: 'Too many tries',
    message: `Wait ${seconds} seconds before the next one.`,
    retryAfterSeconds: seconds,
  });
}
