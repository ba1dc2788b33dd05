/** The page's own files, read when first asked for. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PageRequest, PageResponse } from '../gateway/page-handler.ts';

const files: Readonly<Record<string, { file: string; type: string }>> = {
  '/': { file: 'page.html', type: 'text/html; charset=utf-8' },
  '/.fairlead/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/.fairlead/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/.fairlead/service-list.js': { file: 'service-list.js', type: 'text/javascript; charset=utf-8' },
  '/.fairlead/elements.js': { file: 'elements.js', type: 'text/javascript; charset=utf-8' },
  '/.fairlead/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
};

/** Nothing from elsewhere, no inline script, in no frame: what a cluster's objects say can at most be text. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

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

/** False where the path is none of the page's files. */
export async function sendPageFile(request: PageRequest, response: PageResponse): Promise<boolean> {
  const entry = Object.hasOwn(files, request.path) ? files[request.path] : undefined;
  if (entry === undefined) return false;
  const { body, etag } = await load(entry.file);
  const headers = { ...pageHeaders, 'Cache-Control': 'no-cache', ETag: etag, Vary: 'Accept' };
  if (request.headers.get('if-none-match') === etag) response.send(304, headers, '');
  else response.send(200, { ...headers, 'Content-Type': entry.type }, body);
  return true;
}
