/** Writing answers: bytes, objects in the negotiated form, Status. Every answer of the server but streams leaves through here. */

import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import { isTrue } from '../api/query-boolean.ts';
import type { StatusError } from '../api/status.ts';
import { lazy } from '../lib/lazy.ts';
import type { Exchange } from './exchange.ts';
import { lingerAfter } from './linger.ts';
import type { AnswerForm } from './negotiate.ts';
import { formatWarnings } from './warning.ts';

const loadYaml = lazy(() => import('yaml'));
/** By the older rules, which other readers go by, timestamps and words such as `yes` need quotes to stay text. */
const YAML_OPTIONS = { version: '1.1', aliasDuplicateObjects: false } as const;
/** Smaller answers are not worth compressing; what Kubernetes does too. */
const GZIP_FROM_BYTES = 128 * 1024;
/** Lists are handed to the socket in pieces of about this size. */
const PIECE_BYTES = 64 * 1024;
const NEWLINE = Buffer.from('\n');

/** Headers of every answer; `type` is the Content-Type. */
export function headersOf(exchange: Exchange, type: string): Record<string, string | number | string[]> {
  const headers: Record<string, string | number | string[]> = {
    'Audit-Id': exchange.auditId,
    'Cache-Control': 'no-cache, private',
    'Content-Type': type,
  };
  if (exchange.warnings.length > 0) headers.Warning = formatWarnings(exchange.warnings);
  return headers;
}

/** The response to write to; an upgrade that should have been answered by a connector is a defect. */
export function responseOf(exchange: Exchange): ServerResponse {
  if (exchange.response === undefined) throw new Error('an upgrade request has no response');
  return exchange.response;
}

/** Sends one JSON document, without a copy of it; a newline is added. */
export async function sendJsonBytes(exchange: Exchange, code: number, bytes: Uint8Array): Promise<void> {
  await sendParts(exchange, code, 'application/json', [bytes, NEWLINE]);
}

export async function sendText(
  exchange: Exchange,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): Promise<void> {
  await sendParts(exchange, code, type, [Buffer.from(text)]);
}

/** Sends an object in the form that was negotiated; JSON is indented for people (`?pretty=true`, browsers, curl). */
export async function sendObject(
  exchange: Exchange,
  code: number,
  object: unknown,
  form: AnswerForm,
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (form.format === 'yaml') {
    const { stringify } = await loadYaml();
    return sendParts(exchange, code, 'application/yaml', [Buffer.from(stringify(object, YAML_OPTIONS))], extraHeaders);
  }
  const text = wantsPretty(exchange) ? JSON.stringify(object, undefined, 2) : JSON.stringify(object);
  await sendParts(exchange, code, 'application/json', [Buffer.from(text), NEWLINE], extraHeaders);
}

export function wantsPretty(exchange: Exchange): boolean {
  const asked = exchange.query.get('pretty');
  if (asked !== null) return isTrue(asked);
  const agent = exchange.request.headers['user-agent'];
  return agent !== undefined && /^(curl|Wget|Mozilla\/5\.0)/.test(agent);
}

/** Sends parts one after the other as one body, paced by the client's reading. */
export async function sendParts(
  exchange: Exchange,
  code: number,
  type: string,
  parts: readonly Uint8Array[],
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<void> {
  const response = responseOf(exchange);
  if (response.headersSent || response.destroyed) return;
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const headers = { ...headersOf(exchange, type), ...extraHeaders };
  if (length >= GZIP_FROM_BYTES && acceptsGzip(exchange)) return sendCompressed(response, code, headers, parts);
  // a 304 speaks of a body that it does not bring
  if (code !== 304) headers['Content-Length'] = length;
  response.writeHead(code, headers);
  if (length <= PIECE_BYTES) {
    response.end(parts.length === 1 ? parts[0] : Buffer.concat(parts, length));
    return;
  }
  for (const piece of pieces(parts)) {
    if (response.write(piece) || (await drained(response))) continue;
    response.destroy();
    return;
  }
  response.end();
}

function acceptsGzip(exchange: Exchange): boolean {
  const accepted = exchange.request.headers['accept-encoding'];
  return typeof accepted === 'string' && /(^|,)\s*gzip\s*(;\s*q=(1|0?\.[0-9]*[1-9]))?\s*(,|$)/.test(accepted);
}

async function sendCompressed(
  response: ServerResponse,
  code: number,
  headers: Record<string, string | number | string[]>,
  parts: readonly Uint8Array[],
): Promise<void> {
  const [{ createGzip }, { pipeline }, { Readable }] = await Promise.all([
    import('node:zlib'),
    import('node:stream/promises'),
    import('node:stream'),
  ]);
  response.writeHead(code, { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
  await pipeline(Readable.from(pieces(parts)), createGzip({ level: 1 }), response).catch(() => response.destroy());
}

/** Small parts joined, so that a list of thousands is not thousands of writes. */
function* pieces(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    gathered.push(part);
    size += part.byteLength;
    if (size >= PIECE_BYTES) {
      yield Buffer.concat(gathered, size);
      gathered = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(gathered, size);
}

/** Waits until the response takes more; false when the client has gone or took nothing for `patience` milliseconds. */
export async function drained(response: ServerResponse, patience = 60_000): Promise<boolean> {
  if (response.destroyed) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onDrain = () => resolve(true);
  const onClose = () => resolve(false);
  const timer = setTimeout(onClose, patience);
  response.once('drain', onDrain).once('close', onClose);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    response.off('drain', onDrain).off('close', onClose);
  }
}

/** Answers an error: on the response, or as plain HTTP on an upgrade's connection, which is then closed. */
export function sendStatus(exchange: Exchange, error: StatusError): void {
  const { response, upgrade } = exchange;
  const body = Buffer.from(`${JSON.stringify(error.status)}\n`);
  const headers = headersOf(exchange, 'application/json');
  headers['Content-Length'] = body.byteLength;
  const retry = error.status.details?.retryAfterSeconds;
  if (retry !== undefined && retry > 0) headers['Retry-After'] = retry;
  if (error.code === 401) headers['WWW-Authenticate'] = 'Bearer realm="kubernetes"';
  if (error.code === 413) {
    headers.Connection = 'close';
    if (response !== undefined) lingerAfter(response);
  }
  if (response !== undefined) {
    // an answer already under way cannot be changed: it is cut off, so that nobody takes it for whole
    if (response.headersSent) response.destroy();
    else response.writeHead(error.code, headers).end(body);
    return;
  }
  if (upgrade === undefined || upgrade.socket.destroyed) return;
  if (upgrade.switched) {
    upgrade.socket.destroy();
    return;
  }
  headers.Connection = 'close';
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one}\r\n`),
  );
  const reason = STATUS_CODES[error.code] ?? 'Error';
  upgrade.socket.end(`HTTP/1.1 ${error.code} ${reason}\r\n${lines.join('')}\r\n${body.toString()}`);
}
