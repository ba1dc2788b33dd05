/** Lets the page's handler answer an exchange. */
import { headerValue } from '../net/http1/headers.ts';
import { reasonPhrase } from '../net/http1/reason-phrases.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { PageHandler, PageRequest, PageResponse, PageStream } from './page-handler.ts';

/** True for the paths on the API's own origin that the page may have. */
export function isPagePath(path: string): boolean {
  return path === '/' || path === '/favicon.ico' || path.startsWith('/.fairlead/');
}

/** Resolves to false when the page does not answer this path. */
export async function answerByPage(
  exchange: ServerExchange,
  handler: PageHandler,
  path: string,
  query: string,
): Promise<boolean> {
  const { head } = exchange;
  const headers = new Map<string, string>();
  for (const [name, value] of head.headers) {
    const lower = name.toLowerCase();
    const before = headers.get(lower);
    headers.set(lower, before === undefined ? value : `${before}, ${value}`);
  }
  const request: PageRequest = {
    method: head.method,
    path,
    query,
    headers,
    origin: `${exchange.encrypted ? 'https' : 'http'}://${headerValue(head.headers, 'host') ?? ''}`,
    signal: exchange.signal,
  };
  const response: PageResponse = {
    send: (status, lines, body) => exchange.answer(status, lines, body),
    stream: (status, lines) => new ChunkedPageStream(exchange, status, lines),
  };
  return handler(request, response);
}

class ChunkedPageStream implements PageStream {
  readonly #exchange: ServerExchange;
  readonly #chunked: boolean;
  #drained: (() => void)[] = [];

  constructor(exchange: ServerExchange, status: number, headers: Readonly<Record<string, string>>) {
    this.#exchange = exchange;
    this.#chunked = exchange.head.minor === 1;
    const lines: [string, string][] = Object.entries(headers);
    if (this.#chunked) lines.push(['Transfer-Encoding', 'chunked']);
    exchange.onDrain = () => this.#drain();
    exchange.onGone = () => this.#drain();
    exchange.writeHead(status, reasonPhrase(status), lines, this.#chunked ? 'chunked' : 'close');
    if (exchange.head.method === 'HEAD') exchange.end();
  }

  write(chunk: string | Uint8Array): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length === 0) return true;
    if (!this.#chunked) return this.#exchange.write(bytes);
    this.#exchange.write(`${bytes.length.toString(16)}\r\n`);
    this.#exchange.write(bytes);
    return this.#exchange.write('\r\n');
  }

  drained(): Promise<void> {
    return this.#exchange.over ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  end(): void {
    if (this.#exchange.over) return;
    if (this.#chunked) this.#exchange.write('0\r\n\r\n');
    this.#exchange.end();
  }

  #drain(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
