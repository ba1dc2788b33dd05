/** Reading answers of an API server: whole bodies with a bound, and Status out of refusals. */
import type { Readable } from 'node:stream';
import type { Status, StatusReason } from '../api/status.ts';
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

/** The StatusError for an answer that is no success: its Status, or one made up from code and text. */
export function refusal(code: number, body: Buffer): StatusError {
  const status = statusOf(body);
  if (status !== undefined) return statusError(status, code);
  const said = body.toString('utf8').trim().slice(0, 500);
  const message = said === '' ? `the server answered ${code} without saying why` : said;
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
  if (isRecord(parsed)) return parsed;
  throw notAsAsked('something that is not a JSON object', from);
}

/** The error for an answer that cannot be what was asked for: a login page, another program's. */
export function notAsAsked(what: string, from = 'the API server'): StatusError {
  return new StatusError({ code: 500, reason: 'InternalError', message: `${from} answered ${what}` });
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

/** The error that carries this Status, of an answer or of an ERROR event. */
export function statusError(status: Status, code = status.code ?? 500): StatusError {
  return new StatusError({
    code: status.code ?? code,
    reason: status.reason ?? reasonOf(code),
    message: status.message ?? `the server answered ${code}`,
    ...(status.details !== undefined && { details: status.details }),
  });
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
