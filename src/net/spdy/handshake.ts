/** The upgrade of HTTP/1.1 to SPDY/3.1 as Kubernetes does it, both sides: X-Stream-Protocol-Version names what it carries. */
import { hasListToken, headerValue, headerValues } from '../http1/headers.ts';
import type { HeaderLines } from '../http1/upstream.ts';
import { HandshakeError } from '../websocket/handshake.ts';

const protocolHeader = 'X-Stream-Protocol-Version';

/** True for a request that asks to become a SPDY connection. */
export function isSpdyRequest(headers: HeaderLines): boolean {
  return hasListToken(headers, 'connection', 'upgrade') && hasListToken(headers, 'upgrade', 'spdy/3.1');
}

/** What the client would speak over the connection, in its order of preference. */
export function offeredProtocols(headers: HeaderLines): string[] {
  return headerValues(headers, protocolHeader.toLowerCase())
    .flatMap((value) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The header lines to ask a server for an upgrade with. */
export function spdyUpgradeHeaders(protocols: readonly string[]): HeaderLines {
  return [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'SPDY/3.1'],
    ...protocols.map((name): [string, string] => [protocolHeader, name]),
  ];
}

/** The head of the 101 answer, with the first protocol of the client's that is served. Throws HandshakeError. */
export function answerSpdyUpgrade(headers: HeaderLines, served: readonly string[]): string {
  const offered = offeredProtocols(headers);
  const chosen = offered.find((name) => served.includes(name));
  if (chosen === undefined) {
    const what = offered.length === 0 ? 'names none' : `offers ${offered.join(', ')}`;
    throw new HandshakeError(`of the protocols over SPDY, ${served.join(', ')} is served; the client ${what}`);
  }
  return (
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
    `${protocolHeader}: ${chosen}\r\n\r\n`
  );
}

/** Client side: what the server has chosen of the protocols that were offered, after its 101. Throws HandshakeError. */
export function finishSpdyUpgrade(offered: readonly string[], headers: HeaderLines): string {
  const chosen = headerValue(headers, protocolHeader.toLowerCase()) ?? '';
  if (!offered.includes(chosen)) {
    const what = chosen === '' ? 'no protocol' : `the protocol "${chosen}"`;
    throw new HandshakeError(`the server chose ${what} over SPDY, where ${offered.join(', ')} was offered`);
  }
  return chosen;
}
