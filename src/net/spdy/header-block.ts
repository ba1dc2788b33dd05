/**
 * Header blocks of SPDY/3: names and values, compressed by zlib with SPDY's dictionary in one context for each
 * direction of a connection.
 */
import type { Inflate } from 'node:zlib';
import { createInflate } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';
import { SpdyProtocolError } from './frames.ts';

/** Names in lower case. Several values of one name are joined by NUL, as SPDY sends them. */
export type SpdyHeaders = ReadonlyMap<string, string>;

const maxHeaders = 100;
const maxBlockBytes = 32 * 1024;

/** The zlib header: deflate with a window of 32 KiB, and the Adler-32 of the dictionary that is preset. */
const zlibHead = Buffer.from('78bbe3c6a7c2', 'hex');
/** An empty stored block: by it readers know that they have seen all there is for now (as after a sync flush). */
const flush = Buffer.from('000000ffff', 'hex');
const maxStored = 0xffff;

/**
 * Writes blocks without compressing them, which zlib calls stored: they are some dozens of bytes, a compressor would
 * keep 256 KiB for each connection, and compressed secrets beside what others may choose can be guessed by length.
 */
export class HeaderEncoder {
  #isFirst = true;

  encode(headers: SpdyHeaders): Buffer {
    const parts: Buffer[] = [word(headers.size)];
    for (const [name, value] of headers) {
      for (const text of [Buffer.from(name.toLowerCase()), Buffer.from(value)]) parts.push(word(text.length), text);
    }
    const plain = Buffer.concat(parts);
    const out: Buffer[] = this.#isFirst ? [zlibHead] : [];
    this.#isFirst = false;
    for (let at = 0; at < plain.length; at += maxStored) {
      const piece = plain.subarray(at, at + maxStored);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(piece.length, 1);
      head.writeUInt16LE(piece.length ^ 0xffff, 3);
      out.push(head, piece);
    }
    return Buffer.concat([...out, flush]);
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One at a time: blocks are decoded in the order in which they came. Every block must be, also of unknown streams. */
export class HeaderDecoder implements Disposable {
  readonly #inflate: Inflate;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #fail: ((error: Error) => void) | undefined;
  #failed: Error | undefined;

  constructor() {
    this.#inflate = createInflate({ dictionary: headerDictionary(), chunkSize: 4096 });
    this.#inflate.on('data', (piece: Buffer) => {
      this.#bytes += piece.length;
      if (this.#bytes > maxBlockBytes) this.#stop(`headers are larger than ${maxBlockBytes} bytes`);
      else this.#pieces.push(piece);
    });
    this.#inflate.on('error', (error) => this.#stop(`headers cannot be decompressed: ${error.message}`));
    this.#inflate.on('end', () => this.#stop('the compressed headers have ended'));
    this.#inflate.on('close', () => this.#stop('the connection is over'));
  }

  /** Throws SpdyProtocolError, and from then on always. */
  async decode(block: Buffer): Promise<SpdyHeaders> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#fail = reject;
    if (this.#failed !== undefined) throw this.#failed;
    this.#pieces = [];
    this.#bytes = 0;
    this.#inflate.write(block, (error) => {
      if (error === null || error === undefined) resolve();
    });
    await promise;
    this.#fail = undefined;
    return parseBlock(Buffer.concat(this.#pieces));
  }

  [Symbol.dispose](): void {
    this.#inflate.destroy();
  }

  #stop(reason: string): void {
    this.#failed ??= new SpdyProtocolError(reason);
    this.#fail?.(this.#failed);
    this.#pieces = [];
    this.#inflate.destroy();
  }
}

function parseBlock(bytes: Buffer): SpdyHeaders {
  const headers = new Map<string, string>();
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw new SpdyProtocolError('headers are cut short');
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > bytes.length - at) throw new SpdyProtocolError('headers lie about their length');
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const count = number();
  if (count > maxHeaders) throw new SpdyProtocolError(`there are more than ${maxHeaders} headers`);
  for (let i = 0; i < count; i++) {
    const name = text();
    if (name === '' || name !== name.toLowerCase()) throw new SpdyProtocolError('a header has no name in lower case');
    if (headers.has(name)) throw new SpdyProtocolError('a header is there twice');
    headers.set(name, text());
  }
  if (at !== bytes.length) throw new SpdyProtocolError('there is more than the headers in their block');
  return headers;
}
