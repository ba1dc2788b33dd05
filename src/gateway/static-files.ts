/** Files of a folder beside the API: kubectl proxy's `--www`. */

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { reasonPhrase } from '../net/http1/reason-phrases.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { contentTypeOf, typeOfContent } from './content-type.ts';
import type { ByteRange } from './file-conditions.ts';
import { isNotModified, mayNotBeSent, rangeOf } from './file-conditions.ts';
import { escapeHtml } from './html.ts';

const index = 'index.html';
const sniffBytes = 512;
const chunkBytes = 64 * 1024;

export class StaticFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Answers every request; `path` is raw, below the prefix, and begins with a slash. */
  async handle(exchange: ServerExchange, path: string): Promise<void> {
    const { method } = exchange.head;
    if (method !== 'GET' && method !== 'HEAD') {
      exchange.answer(
        405,
        { Allow: 'GET, HEAD', 'Content-Type': 'text/plain; charset=utf-8' },
        'Files are only read.\n',
      );
      return;
    }
    const relative = decodePath(path);
    if (relative === undefined) {
      notFound(exchange);
      return;
    }
    if (path.endsWith(`/${index}`)) {
      redirect(exchange, './');
      return;
    }
    try {
      await this.#answer(exchange, relative);
    } catch (error) {
      if (exchange.responseStarted) exchange.cut();
      else if (isCode(error, 'EACCES', 'EPERM')) plain(exchange, 403, '403 Forbidden\n');
      else if (isCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP')) notFound(exchange);
      else plain(exchange, 500, '500 Internal Server Error\n');
    }
  }

  async #answer(exchange: ServerExchange, relative: string): Promise<void> {
    const root = await realpath(this.#root);
    const found = await this.#inside(root, relative.replace(/\/+$/, ''));
    const facts = await stat(found);
    const name = relative.slice(relative.lastIndexOf('/', relative.length - 2) + 1);
    if (facts.isDirectory()) {
      if (!relative.endsWith('/')) {
        redirect(exchange, `${encodeURIComponent(name)}/`);
        return;
      }
      const page = await this.#inside(root, join(relative, index)).catch((error: unknown) => {
        if (isCode(error, 'ENOENT')) return undefined;
        throw error;
      });
      if (page === undefined) await list(exchange, found, facts.mtime);
      else await send(exchange, page);
    } else if (relative.endsWith('/')) redirect(exchange, `../${encodeURIComponent(name.slice(0, -1))}`);
    else await send(exchange, found);
  }

  /** Where the path leads, links followed. One that leads out of the folder is as if it were not there. */
  async #inside(root: string, relative: string): Promise<string> {
    const found = await realpath(join(root, relative));
    const prefix = root.endsWith(sep) ? root : `${root}${sep}`;
    if (found === root || found.startsWith(prefix)) return found;
    throw Object.assign(new Error('leads out of the folder'), { code: 'ENOENT' });
  }
}

/** Undefined for what no file can be: empty and dot segments, encoded slashes, zero bytes, broken encoding. */
function decodePath(path: string): string | undefined {
  if (path.includes('//')) return undefined;
  const segments: string[] = [];
  for (const part of path.split('/')) {
    let segment: string;
    try {
      segment = decodeURIComponent(part);
    } catch {
      return undefined;
    }
    if (segment === '.' || segment === '..' || /[/\\\0]/.test(segment)) return undefined;
    segments.push(segment);
  }
  return segments.join('/');
}

async function send(exchange: ServerExchange, path: string): Promise<void> {
  // A pipe would wait for its writer for ever.
  await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  const facts = await handle.stat();
  if (!facts.isFile()) {
    notFound(exchange);
    return;
  }
  const { headers } = exchange.head;
  const modified = new Date(Math.floor(facts.mtimeMs / 1000) * 1000);
  const lines: [string, string][] = [['Last-Modified', modified.toUTCString()]];
  if (mayNotBeSent(headers, modified)) {
    answerEmpty(exchange, 412, lines);
    return;
  }
  if (isNotModified(headers, modified)) {
    answerEmpty(exchange, 304, lines);
    return;
  }
  const type = contentTypeOf(path) ?? (await sniff(handle));
  lines.push(['Accept-Ranges', 'bytes'], ['Content-Type', type], ['X-Content-Type-Options', 'nosniff']);
  const range = rangeOf(headers, { size: facts.size, modified });
  if (range === 'unsatisfiable') {
    exchange.answer(
      416,
      { 'Content-Range': `bytes */${facts.size}`, 'Content-Type': 'text/plain; charset=utf-8' },
      'invalid range: failed to overlap\n',
    );
    return;
  }
  const part: ByteRange = range ?? { start: 0, end: facts.size };
  if (range !== undefined) lines.push(['Content-Range', `bytes ${range.start}-${range.end - 1}/${facts.size}`]);
  const length = part.end - part.start;
  lines.push(['Content-Length', String(length)]);
  const status = range === undefined ? 200 : 206;
  exchange.writeHead(status, reasonPhrase(status), lines, length === 0 ? 'none' : 'length');
  if (exchange.head.method !== 'HEAD') await copy(exchange, handle, part);
  if (!exchange.over) exchange.end();
}

/** As fast as the client reads. A file that got shorter meanwhile cuts the answer. */
async function copy(exchange: ServerExchange, handle: FileHandle, { start, end }: ByteRange): Promise<void> {
  let wake: (() => void) | undefined;
  exchange.onDrain = () => wake?.();
  exchange.onGone = () => wake?.();
  for (let at = start; at < end && !exchange.over; ) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) {
      exchange.cut();
      return;
    }
    at += bytesRead;
    if (exchange.over || exchange.write(buffer.subarray(0, bytesRead))) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

async function sniff(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(sniffBytes), 0, sniffBytes, 0);
  return typeOfContent(buffer.subarray(0, bytesRead));
}

async function list(exchange: ServerExchange, directory: string, changed: Date): Promise<void> {
  const modified = new Date(Math.floor(changed.getTime() / 1000) * 1000);
  if (isNotModified(exchange.head.headers, modified)) {
    answerEmpty(exchange, 304, []);
    return;
  }
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const lines = names.map((name) => {
    const href = name.split('/').map(encodeURIComponent).join('/');
    return `<a href="${escapeHtml(href)}">${escapeHtml(name)}</a>\n`;
  });
  exchange.answer(
    200,
    { 'Content-Type': 'text/html; charset=utf-8', 'Last-Modified': modified.toUTCString() },
    `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join('')}</pre>\n`,
  );
}

function redirect(exchange: ServerExchange, to: string): void {
  const mark = exchange.head.target.indexOf('?');
  const query = mark === -1 ? '' : exchange.head.target.slice(mark);
  exchange.answer(301, { Location: `${to}${query}` }, '');
}

function answerEmpty(exchange: ServerExchange, status: number, lines: readonly [string, string][]): void {
  exchange.answer(status, Object.fromEntries(lines), '');
}

function notFound(exchange: ServerExchange): void {
  plain(exchange, 404, '404 page not found\n');
}

function plain(exchange: ServerExchange, status: number, text: string): void {
  exchange.answer(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }, text);
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
