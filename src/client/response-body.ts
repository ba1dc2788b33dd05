/** Reading answers of an API server: whole bodies with a bound, and Status out of refusals. */
import type { Readable } from 'node:stream';
import type { ListMeta } from '../api/object.ts';
import type { Status, StatusCause, StatusDetails, StatusReason } from '../api/status.ts';
import { StatusError } from '../api/status.ts';
import { isRecord } from '../lib/is-record.ts';
import { responseFraming } from '../net/http1/body-framing.ts';
import type { UpstreamResponse } from '../net/http1/upstream.ts';

/** More than any list in pages of 500 needs; a runaway answer must not take the process's memory. */
const maxBodyBytes = 256 * 1024 * 1024;

export async function readBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error(`the answer is larger than ${maxBodyBytes} bytes`);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Calls back when the body was read or destroyed, and at once where there is none: nobody needs to read that one. */
export function whenRead(
  { status, headers, body }: Pick<UpstreamResponse, 'status' | 'headers' | 'body'>,
  method: string,
  listener: () => void,
): void {
  const { kind } = responseFraming({ status, statusText: '', headers, minor: 1 }, method);
  if (kind === 'none') listener();
  else body.once('close', listener);
}

/**
 * The StatusError for an answer that is no success: its Status, or one made up from code and text. `location`: the header of
 * a redirect, which nothing follows with credentials.
 */
export function refusal(code: number, body: Buffer, location?: string): StatusError {
  const status = statusOf(body);
  if (status !== undefined) return statusError(status, code);
  const message = isRedirect(code) ? redirected(code, location) : saidIn(body, code);
  return new StatusError({ code, reason: reasonOf(code), message });
}

/** The JSON object that a body is, made by `parse`. Throws StatusError for what is none, and names the server `from`. */
export function parseObject(
  body: Buffer,
  { parse = JSON.parse, from = 'the API server' }: { parse?: (text: string) => unknown; from?: string } = {},
): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parse(body.toString('utf8'));
  } catch {
    parsed = undefined;
  }
  // As client-go has it: what says that it failed did, whatever the code of the answer.
  if (isStatus(parsed) && parsed.status !== 'Success') throw statusError(parsed);
  if (isRecord(parsed)) return parsed;
  throw notAsAsked('something that is not a JSON object', from);
}

/** The error for an answer that cannot be what was asked for: a login page, another program's. */
export function notAsAsked(what: string, from = 'the API server'): StatusError {
  return new StatusError({ code: 500, reason: 'InternalError', message: `${from} answered ${what}` });
}

function isRedirect(code: number): boolean {
  return [301, 302, 303, 307, 308].includes(code);
}

/** Names the host alone: path and query may hold what nobody else should read. */
function redirected(code: number, location = ''): string {
  const same = 'same.invalid';
  const host = location === '' ? undefined : URL.parse(location, `http://${same}`)?.host;
  const where = host === undefined || host === '' ? 'elsewhere' : `to ${host === same ? 'another path there' : host}`;
  return `the server answered ${code}, which redirects ${where} and is not followed: is this the URL of an API server, and is there a login before it?`;
}

/** What something before the API server said in its own words. */
function saidIn(body: Buffer, code: number): string {
  const said = beginningOf(body);
  if (/^<(?:!doctype|html|head|body|\?xml)\b/i.test(said)) {
    return `the server answered ${code} with a page, as no API server does`;
  }
  return said === '' ? `the server answered ${code} without saying why` : said;
}

/** One line without control characters, which may be empty. */
export function beginningOf(body: Buffer): string {
  const text = body.toString('utf8', 0, 2000);
  return text
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 500);
}

/** The Status that a body is; undefined where it is something else. */
export function statusOf(body: Buffer): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return isStatus(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The error that carries this Status, of an answer or of an ERROR event. Fields of a wrong type count as absent. */
export function statusError(status: Status, answered?: number): StatusError {
  const code = typeof status.code === 'number' ? status.code : (answered ?? 500);
  const details = detailsOf(status.details);
  return new StatusError({
    code,
    reason: typeof status.reason === 'string' ? status.reason : reasonOf(code),
    message: typeof status.message === 'string' ? status.message : `the server answered ${code} without saying why`,
    ...(details !== undefined && { details }),
    metadata: metadataOf(status.metadata),
  });
}

/** That of an expired list may carry a token to go on with. */
function metadataOf(value: unknown): ListMeta {
  if (!isRecord(value)) return {};
  const { remainingItemCount } = value;
  return {
    ...texts(value, ['resourceVersion', 'continue']),
    ...(typeof remainingItemCount === 'number' && { remainingItemCount }),
  };
}

function detailsOf(value: unknown): StatusDetails | undefined {
  if (!isRecord(value)) return undefined;
  const { retryAfterSeconds, causes } = value;
  return {
    ...texts(value, ['name', 'group', 'kind', 'uid']),
    ...(Array.isArray(causes) && { causes: causes.filter(isRecord).map(causeOf) }),
    ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
  };
}

function causeOf(value: Record<string, unknown>): StatusCause {
  return texts(value, ['reason', 'message', 'field']);
}

function texts<K extends string>(from: Record<string, unknown>, keys: readonly K[]): { [key in K]?: string } {
  const found: { [key in K]?: string } = {};
  for (const key of keys) {
    const value = from[key];
    if (typeof value === 'string') found[key] = value;
  }
  return found;
}

export function isStatus(value: unknown): value is Status {
  return isRecord(value) && value.kind === 'Status' && value.apiVersion === 'v1';
}

/** The reason that goes with a code; '' where none does. */
export function reasonOf(code: number): StatusReason {
  const known: Readonly<Record<number, StatusReason>> = {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    405: 'MethodNotAllowed',
    406: 'NotAcceptable',
    409: 'Conflict',
    410: 'Gone',
    415: 'UnsupportedMediaType',
    422: 'Invalid',
    429: 'TooManyRequests',
    500: 'InternalError',
    503: 'ServiceUnavailable',
    504: 'Timeout',
  };
  return known[code] ?? '';
}
