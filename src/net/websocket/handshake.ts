/** The opening handshake of WebSockets over HTTP/1.1 (RFC 6455 section 4), both sides. */
import { createHash, randomBytes } from 'node:crypto';
import { hasListToken, headerValue, headerValues } from '../http1/headers.ts';
import type { HeaderLines } from '../http1/upstream.ts';

/** The handshake cannot succeed; `status` is what a server answers. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** True for a request that asks to become a WebSocket. */
export function isWebSocketRequest(headers: HeaderLines): boolean {
  return hasListToken(headers, 'connection', 'upgrade') && hasListToken(headers, 'upgrade', 'websocket');
}

/** Header lines of a message of node:http, as this folder takes them. */
export function headerLines(rawHeaders: readonly string[]): HeaderLines {
  const lines: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return lines;
}

export interface HandshakeAnswer {
  /** The chosen subprotocol; absent when the client offered none. */
  subprotocol: string | undefined;
  /** The whole head of the 101 answer, to be written as it is. */
  head: string;
}

/**
 * Server side: checks the request and chooses the first subprotocol of the client's list that is supported.
 * Throws HandshakeError: 400, or 426 for another version; 400 too when none of the offered subprotocols is supported.
 */
export function answerHandshake(method: string, headers: HeaderLines, supported: readonly string[]): HandshakeAnswer {
  if (method !== 'GET' || !isWebSocketRequest(headers)) throw new HandshakeError('this is not a WebSocket request');
  if (headerValue(headers, 'sec-websocket-version') !== '13') {
    throw new HandshakeError('the only WebSocket version served is 13', 426);
  }
  const key = headerValue(headers, 'sec-websocket-key') ?? '';
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) throw new HandshakeError('Sec-WebSocket-Key is missing or malformed');
  const offered = offeredSubprotocols(headers);
  const subprotocol = offered.find((name) => supported.includes(name));
  if (offered.length > 0 && supported.length > 0 && subprotocol === undefined) {
    throw new HandshakeError(`none of the offered subprotocols is served; served are: ${supported.join(', ')}`);
  }
  const chosen = subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  return {
    subprotocol,
    head:
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n${chosen}\r\n`,
  };
}

/** The client's list, in its order of preference. */
export function offeredSubprotocols(headers: HeaderLines): string[] {
  return headerValues(headers, 'sec-websocket-protocol')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

export interface HandshakeRequest {
  key: string;
  headers: HeaderLines;
}

/** Client side: the header lines to send beside Host. */
export function beginHandshake(subprotocols: readonly string[]): HandshakeRequest {
  const key = randomBytes(16).toString('base64');
  const headers: [string, string][] = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', key],
  ];
  if (subprotocols.length > 0) headers.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
  return { key, headers };
}

/** Client side: checks the headers of a 101 and returns the subprotocol (`''`: none). Throws HandshakeError. */
export function finishHandshake(key: string, subprotocols: readonly string[], headers: HeaderLines): string {
  if (headerValue(headers, 'sec-websocket-accept') !== acceptKey(key)) {
    throw new HandshakeError('the server answered the WebSocket handshake with a wrong Sec-WebSocket-Accept');
  }
  if (headerValue(headers, 'sec-websocket-extensions')) {
    throw new HandshakeError('the server chose a WebSocket extension that was not offered');
  }
  const chosen = headerValue(headers, 'sec-websocket-protocol') ?? '';
  if (chosen !== '' && !subprotocols.includes(chosen)) {
    throw new HandshakeError(`the server chose the WebSocket subprotocol "${chosen}", which was not offered`);
  }
  return chosen;
}
