/** The seam between the gateway and what serves its own pages (the UI): request facts in, an answer out. */

export interface PageRequest {
  method: string;
  /** Decoded path without the query, already checked: begins with `/`, no dot segments. */
  path: string;
  /** With its `?`, or empty. */
  query: string;
  /** Names in lower case; repeated lines joined by `, `. */
  headers: ReadonlyMap<string, string>;
  /** `http://localhost:8001`, as the browser named this gateway. */
  origin: string;
  /** Fires when the client went away or the gateway stops. */
  signal: AbortSignal;
}

export interface PageResponse {
  /** Answers at once, with Content-Length. */
  send(status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array): void;
  /** Begins an answer of unknown length (server-sent events). */
  stream(status: number, headers: Readonly<Record<string, string>>): PageStream;
}

export interface PageStream {
  /** False: the client is slow; wait for `drained()` before writing more. */
  write(chunk: string | Uint8Array): boolean;
  /** Resolves when more may be written, or the client is gone. */
  drained(): Promise<void>;
  end(): void;
}

/**
 * Answers GET and HEAD (and only same-origin POST: the gateway has checked Host, Origin and Sec-Fetch-Site before).
 * False: not a path of the page; the gateway goes on. When true, exactly one of `send` and `stream` has been
 * called or will be. For HEAD the gateway drops the body itself.
 */
export type PageHandler = (request: PageRequest, response: PageResponse) => boolean | Promise<boolean>;
