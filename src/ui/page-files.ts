/** The page's own files, read when first asked for. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PageRequest, PageResponse } from '../gateway/page-handler.ts';

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** All but the page itself, each at `/.fairlead/NAME`. */
const names: ReadonlySet<string> = new Set([
  'page.css',
  'services.css',
  'panel.css',
  'icon.svg',
  'page.js',
  'state.js',
  'filter.js',
  'elements.js',
  'event-source.js',
  'service-list.js',
  'service-row.js',
  'ways-in.js',
  'ways-view.js',
  'client-lines.js',
  'contexts-view.js',
  'gateway-view.js',
  'local-ports.js',
  'port-target.js',
  'name-probe.js',
  'keys.js',
]);

/** Nothing from elsewhere, no inline script, in no frame: what a cluster's objects say can at most be text. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy("'self'"),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

function policy(connect: string): string {
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src ${connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'`;
}

const loaded = new Map<string, Promise<{ body: Buffer; etag: string }>>();

function load(file: string): Promise<{ body: Buffer; etag: string }> {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const loading = readFile(new URL(`./browser/${file}`, import.meta.url)).then((body) => ({
    body,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
  }));
  loaded.set(file, loading);
  loading.catch(() => loaded.delete(file));
  return loading;
}

/**
 * False where the path is none of the page's files. `probe`: the one origin besides its own that the page may ask, to find
 * out whether names resolve.
 */
export async function sendPageFile(
  request: PageRequest,
  response: PageResponse,
  probe: string | undefined,
): Promise<boolean> {
  const file = request.path === '/' ? 'page.html' : fileAt(request.path);
  if (file === undefined) return false;
  const { body, etag } = await load(file);
  const headers = { ...pageHeaders, 'Cache-Control': 'no-cache', ETag: etag, Vary: 'Accept' };
  const type = types[file.slice(file.lastIndexOf('.') + 1)] ?? 'text/html; charset=utf-8';
  const all =
    file === 'page.html' && probe !== undefined
      ? { ...headers, 'Content-Security-Policy': policy(`'self' ${probe}`) }
      : headers;
  if (request.headers.get('if-none-match') === etag) response.send(304, all, '');
  else response.send(200, { ...all, 'Content-Type': type }, body);
  return true;
}

function fileAt(path: string): string | undefined {
  const name = path.startsWith('/.fairlead/') ? path.slice('/.fairlead/'.length) : '';
  return names.has(name) ? name : undefined;
}
