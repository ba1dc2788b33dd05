/** One request on its way through the filters, and what they have found out about it. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { UserInfo } from './auth/types.ts';
import type { RequestInfo } from './request-info.ts';
import { parseRequestInfo } from './request-info.ts';

/** Set for an upgrade request: the raw connection and the bytes that came after the head. */
export interface Upgrade {
  socket: Duplex;
  head: Buffer;
  /** The 101 has been sent: what fails from now on can only cut the connection off. */
  switched: boolean;
}

export class Exchange {
  readonly request: IncomingMessage;
  /** Absent for an upgrade. */
  readonly response: ServerResponse | undefined;
  readonly upgrade: Upgrade | undefined;
  readonly auditId: string;
  readonly query: URLSearchParams;
  /** Lines of `Warning` headers, sent with the answer. */
  readonly warnings: string[] = [];
  readonly #path: string;
  #info: RequestInfo | undefined;
  #user: UserInfo | undefined;
  #abort: AbortController | undefined;
  #abortReason: unknown;

  constructor(request: IncomingMessage, response: ServerResponse | undefined, upgrade: Upgrade | undefined) {
    this.request = request;
    this.response = response;
    this.upgrade = upgrade;
    this.auditId = randomUUID();
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.#path = mark < 0 ? url : url.slice(0, mark);
    this.query = new URLSearchParams(mark < 0 ? undefined : url.slice(mark + 1));
  }

  /** Throws `StatusError` 400 for an ambiguous path. */
  get info(): RequestInfo {
    this.#info ??= parseRequestInfo(this.request.method ?? 'GET', this.#path, this.query);
    return this.#info;
  }

  /** Undefined while nobody has asked for `info`, and when it cannot be had. */
  get infoIfParsed(): RequestInfo | undefined {
    return this.#info;
  }

  /** The path alone, for logs of requests whose `info` cannot be had. */
  get path(): string {
    return this.#path;
  }

  get user(): UserInfo {
    if (this.#user === undefined) throw new Error('the user was asked for before authentication');
    return this.#user;
  }

  set user(user: UserInfo) {
    this.#user = user;
  }

  /** Fires when the client has gone, the time is over or the server stops. Made on first use: most requests need none. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  abort(reason: unknown): void {
    this.#abortReason ??= reason;
    this.#abort?.abort(reason);
  }

  get aborted(): boolean {
    return this.#abortReason !== undefined;
  }
}
