/** The first bytes of a connection tell its protocol; what is not served is refused in words its client understands. */

export type Protocol = 'http1' | 'http2' | 'tls' | 'socks4' | 'socks5';

export function protocolOf(first: Buffer): Protocol {
  switch (first[0]) {
    case 0x16:
      return 'tls';
    case 4:
      return 'socks4';
    case 5:
      return 'socks5';
    default:
      return first.toString('latin1', 0, 14) === 'PRI * HTTP/2.0' ? 'http2' : 'http1';
  }
}

const http2Settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/** HTTP/2: a GOAWAY with HTTP_1_1_REQUIRED (RFC 9113 section 7) and a sentence. */
function http2Refusal(): Buffer {
  const text = Buffer.from(
    'this gateway speaks HTTP/1.1 and SOCKS 5; turn HTTP/2 with prior knowledge off, or go through it as a SOCKS 5 proxy',
  );
  const head = Buffer.from([0, 0, 8 + text.length, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13]);
  return Buffer.concat([http2Settings, head, text]);
}

/** What to write before the connection is closed. */
export const refusals: Readonly<Record<Exclude<Protocol, 'http1'>, () => Buffer>> = {
  http2: http2Refusal,
  // A fatal alert, protocol_version.
  tls: () => Buffer.from([0x15, 3, 1, 0, 2, 2, 70]),
  // No acceptable method.
  socks5: () => Buffer.from([5, 0xff]),
  // Request rejected.
  socks4: () => Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0]),
};

export const tlsNeeded = 'This port speaks TLS: begin the address with https://\n';

/** To who comes without TLS where there is nothing without: passwords would be read on the way. */
export function plainRefusal(protocol: Protocol): Buffer {
  if (protocol !== 'http1') return refusals[protocol]();
  return Buffer.from(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${tlsNeeded.length}\r\n\r\n${tlsNeeded}`,
  );
}
