/** Message heads of HTTP/1.1 (RFC 9112): one parser, strict for requests and responses alike in their syntax. */
import type { HeaderLines } from './upstream.ts';

export interface RequestHead {
  method: string;
  target: string;
  /** HTTP/1.x */
  minor: 0 | 1;
  headers: HeaderLines;
}

export interface ResponseHead {
  status: number;
  statusText: string;
  minor: 0 | 1;
  headers: HeaderLines;
}

/** A head that is refused; `status` is what a server answers to such a request. */
export class HeadError extends Error {
  override readonly name = 'HeadError';
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** Bytes of one head, its empty line included. */
export const maxHeadBytes = 64 * 1024;
const maxHeaderLines = 200;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters, a CR or LF on its own, and folded lines: nothing a head may hold, wherever it stands. */
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n|\r\n[ \t]/;
const requestTarget = /^[\x21-\x7e]+$/;

/** True for a method or header name. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** Gathers the bytes of a head; what follows the head is given back. */
export class HeadBuffer {
  #held: Buffer | undefined;
  readonly #limit: number;

  constructor(limit = maxHeadBytes) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#held === undefined;
  }

  /** Undefined: more is needed. Else the head's text, its last line break included, and the bytes after it. */
  push(chunk: Buffer): { text: string; rest: Buffer } | undefined {
    const held = this.#held;
    const bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
    const searchFrom = held === undefined ? 0 : Math.max(0, held.length - 3);
    const end = bytes.indexOf('\r\n\r\n', searchFrom, 'latin1');
    if (end === -1 || end + 4 > this.#limit) {
      if (bytes.length > this.#limit) throw new HeadError(`the head is larger than ${this.#limit} bytes`, 431);
      // A head with bare line feeds would never end for us: it is refused as soon as it shows.
      for (let at = bytes.indexOf(10, searchFrom); at !== -1; at = bytes.indexOf(10, at + 1)) {
        if (at === 0 || bytes[at - 1] !== 13) throw new HeadError('a line ends with a bare line feed');
      }
      this.#held = bytes;
      return undefined;
    }
    this.#held = undefined;
    return { text: bytes.toString('latin1', 0, end + 2), rest: bytes.subarray(end + 4) };
  }
}

function parseLines(text: string, from: number): [string, string][] {
  if (forbidden.test(text)) {
    throw new HeadError('the head holds a control character, a bare CR or LF, or a folded line');
  }
  const lines: [string, string][] = [];
  for (let at = from; at < text.length; ) {
    const end = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon === -1 || colon > end) throw new HeadError('a header line has no colon');
    const name = text.slice(at, colon);
    if (!token.test(name)) throw new HeadError('a header name holds a character that is not allowed');
    lines.push([name, text.slice(colon + 1, end).trim()]);
    if (lines.length > maxHeaderLines) throw new HeadError(`more than ${maxHeaderLines} header lines`, 431);
    at = end + 2;
  }
  return lines;
}

/** Parses what `HeadBuffer` gave. Throws HeadError: 400, 431, or 505 for another version of HTTP. */
export function parseRequestHead(text: string): RequestHead {
  const end = text.indexOf('\r\n');
  const line = text.slice(0, end);
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  if (first <= 0 || second === -1) throw new HeadError('the request line is not "METHOD TARGET HTTP/1.1"');
  const method = line.slice(0, first);
  const target = line.slice(first + 1, second);
  const version = line.slice(second + 1);
  if (!token.test(method)) throw new HeadError('the method holds a character that is not allowed');
  if (!requestTarget.test(target))
    throw new HeadError('the request target is empty or holds a character that is not allowed');
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
    if (/^HTTP\/\d\.\d$/.test(version))
      throw new HeadError('this version of HTTP is not served here: use HTTP/1.1', 505);
    throw new HeadError('the request line is not "METHOD TARGET HTTP/1.1"');
  }
  const headers = parseLines(text, end + 2);
  const minor = version === 'HTTP/1.1' ? 1 : 0;
  let hosts = 0;
  for (const [name] of headers) if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  if (hosts > 1 || (hosts === 0 && minor === 1)) throw new HeadError('a request needs exactly one Host header');
  return { method, target, minor, headers };
}

/** Tolerant of HTTP/1.0 and of a missing reason. Throws HeadError. */
export function parseResponseHead(text: string): ResponseHead {
  const end = text.indexOf('\r\n');
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(text.slice(0, end));
  if (match === null) throw new HeadError('the status line is not "HTTP/1.1 STATUS REASON"');
  return {
    status: Number(match[2]),
    statusText: match[3] ?? '',
    minor: match[1] === '1' ? 1 : 0,
    headers: parseLines(text, end + 2),
  };
}

const badValue = /[^\t\x20-\x7e\x80-\xff]/;

/** Writes `firstLine` and the headers, ended by the empty line. Throws TypeError for what would break the head. */
export function formatHead(firstLine: string, headers: HeaderLines): string {
  if (badValue.test(firstLine)) throw new TypeError('the first line holds a control character or a line break');
  for (const [name, value] of headers) {
    if (!token.test(name)) throw new TypeError(`not a header name: ${JSON.stringify(name)}`);
    if (badValue.test(value)) throw new TypeError(`header ${name} holds a character that is not allowed`);
  }
  return formatParsedHead(firstLine, headers);
}

/** The same for what came out of a parser of this file and so needs no second check. */
export function formatParsedHead(firstLine: string, headers: HeaderLines): string {
  let text = `${firstLine}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}
