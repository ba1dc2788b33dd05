/** How a body's end is found (RFC 9112 section 6), and a tracker that follows it over raw bytes. */
import type { RequestHead, ResponseHead } from './head.ts';
import { HeadError } from './head.ts';
import { headerValues } from './headers.ts';

export type BodyFraming =
  | { kind: 'none' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' }
  | { kind: 'close' };

export const noBody: BodyFraming = { kind: 'none' };

function lengthOf(values: readonly string[]): BodyFraming {
  const value = values[0] ?? '';
  if (!/^\d{1,15}$/.test(value)) throw new HeadError('Content-Length is not a number');
  const length = Number(value);
  return length === 0 ? noBody : { kind: 'length', length };
}

/** Throws HeadError (400, 501) for what could be read in two ways. */
export function requestFraming(head: RequestHead): BodyFraming {
  const codings = headerValues(head.headers, 'transfer-encoding');
  const lengths = headerValues(head.headers, 'content-length');
  if (codings.length === 0) {
    if (lengths.length === 0) return noBody;
    if (lengths.length > 1) throw new HeadError('there is more than one Content-Length');
    return lengthOf(lengths);
  }
  if (lengths.length > 0) throw new HeadError('there are both Content-Length and Transfer-Encoding');
  if (head.minor === 0) throw new HeadError('HTTP/1.0 has no Transfer-Encoding');
  if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
    throw new HeadError('the only Transfer-Encoding served is "chunked"', 501);
  }
  return { kind: 'chunked' };
}

/** `method` is that of the request. Throws HeadError (502) for what could be read in two ways. */
export function responseFraming(head: ResponseHead, method: string): BodyFraming {
  const codings = headerValues(head.headers, 'transfer-encoding');
  const lengths = headerValues(head.headers, 'content-length').flatMap((value) => value.split(/\s*,\s*/));
  if (codings.length > 0 && lengths.length > 0) {
    throw new HeadError('the response has both Content-Length and Transfer-Encoding', 502);
  }
  if (lengths.some((value) => value !== lengths[0])) throw new HeadError('the response has differing lengths', 502);
  if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) return noBody;
  if (codings.length > 0) {
    if (head.minor === 0 || codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
      throw new HeadError('the response has a Transfer-Encoding that is not "chunked"', 502);
    }
    return { kind: 'chunked' };
  }
  return lengths.length === 0 ? { kind: 'close' } : lengthOf(lengths);
}

/** The bytes break the framing; the connection cannot be used any more. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** Bytes of all chunk extensions and trailers of one body. */
const maxFramingExtras = 64 * 1024;

const size = 0;
const extension = 1;
const sizeLf = 2;
const data = 3;
const dataCr = 4;
const dataLf = 5;
const trailerStart = 6;
const trailer = 7;
const trailerLf = 8;
const lastLf = 9;
const afterSize = 10;

const cr = 13;
const lf = 10;

const semicolon = 59;

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Follows one body over the chunks in which it arrives, without gathering them. */
export class BodyTracker {
  readonly framing: BodyFraming;
  done: boolean;
  #remaining: number;
  #state = size;
  #digits = 0;
  #extras = 0;

  constructor(framing: BodyFraming) {
    this.framing = framing;
    this.done = framing.kind === 'none';
    this.#remaining = framing.kind === 'length' ? framing.length : 0;
  }

  /**
   * Goes over `chunk` from `start`; returns the index after the body's last byte in it. `onPayload` gets the payload
   * without its framing. Throws FramingError.
   */
  advance(chunk: Buffer, start: number, onPayload?: (payload: Buffer) => void): number {
    switch (this.framing.kind) {
      case 'none':
        return start;
      case 'close':
        onPayload?.(start === 0 ? chunk : chunk.subarray(start));
        return chunk.length;
      case 'length': {
        const end = Math.min(chunk.length, start + this.#remaining);
        this.#remaining -= end - start;
        if (end > start) onPayload?.(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
        if (this.#remaining === 0) this.done = true;
        return end;
      }
      case 'chunked':
        return this.#advanceChunked(chunk, start, onPayload);
    }
  }

  /** The peer sends no more: true when that ends the body properly. */
  end(): boolean {
    if (this.framing.kind === 'close') this.done = true;
    return this.done;
  }

  #extra(): void {
    if (++this.#extras > maxFramingExtras) throw new FramingError('the chunk extensions or trailers are too large');
  }

  #advanceChunked(chunk: Buffer, start: number, onPayload: ((payload: Buffer) => void) | undefined): number {
    let at = start;
    while (at < chunk.length && !this.done) {
      if (this.#state === data) {
        const end = Math.min(chunk.length, at + this.#remaining);
        this.#remaining -= end - at;
        onPayload?.(chunk.subarray(at, end));
        at = end;
        if (this.#remaining === 0) this.#state = dataCr;
      } else {
        this.#control(chunk[at] ?? 0);
        at++;
      }
    }
    return at;
  }

  #control(byte: number): void {
    switch (this.#state) {
      case size: {
        const digit = hexDigit(byte);
        if (digit >= 0) {
          if (++this.#digits > 12) throw new FramingError('a chunk is too large');
          this.#remaining = this.#remaining * 16 + digit;
        } else if (this.#digits > 0 && byte === cr) this.#state = sizeLf;
        else if (this.#digits > 0 && byte === semicolon) this.#state = extension;
        else if (this.#digits > 0 && isBlank(byte)) this.#state = afterSize;
        else throw new FramingError('a chunk size is not a hexadecimal number');
        return;
      }
      case afterSize:
        // What a lenient server could take for more of the size is none.
        this.#extra();
        if (byte === cr) this.#state = sizeLf;
        else if (byte === semicolon) this.#state = extension;
        else if (!isBlank(byte)) throw new FramingError('a chunk size is not a hexadecimal number');
        return;
      case extension:
        this.#extra();
        if (byte === cr) this.#state = sizeLf;
        else if ((byte < 32 && byte !== 9) || byte === 127)
          throw new FramingError('a chunk extension holds a bare line feed or another control character');
        return;
      case sizeLf:
        this.#expectLf(byte);
        this.#digits = 0;
        this.#state = this.#remaining === 0 ? trailerStart : data;
        return;
      case dataCr:
        if (byte !== cr) throw new FramingError('a chunk is longer than its size');
        this.#state = dataLf;
        return;
      case dataLf:
        this.#expectLf(byte);
        this.#state = size;
        return;
      case trailerStart:
        if (byte === cr) this.#state = lastLf;
        else if (byte === lf || byte === 32 || byte === 9) throw new FramingError('a trailer line is malformed');
        else this.#state = trailer;
        return;
      case trailer:
        this.#extra();
        if (byte === cr) this.#state = trailerLf;
        else if (byte === lf) throw new FramingError('a trailer holds a bare line feed');
        return;
      case trailerLf:
        this.#expectLf(byte);
        this.#state = trailerStart;
        return;
      default:
        this.#expectLf(byte);
        this.done = true;
    }
  }

  #expectLf(byte: number): void {
    if (byte !== lf) throw new FramingError('a line of the chunked framing does not end with CR LF');
  }
}
