/** The header by which a TCP balancer tells the server behind it who the client is (PROXY protocol of HAProxy, versions 1 and 2). */
import { isIPv4 } from 'node:net';
import { ipv6Bytes } from '../net/ipv6.ts';

export type ProxyProtocol = 'v1' | 'v2';

export interface ConnectionAddresses {
  /** The client. */
  source: { address: string; port: number };
  /** Where it connected to. */
  destination: { address: string; port: number };
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** IPv4 written as IPv6 (`::ffff:1.2.3.4`) counts as IPv4; a mixture of both goes out as IPv6. */
export function proxyHeader(version: ProxyProtocol, addresses: ConnectionAddresses): Buffer {
  const source = plain(addresses.source.address);
  const destination = plain(addresses.destination.address);
  const ports = [addresses.source.port, addresses.destination.port] as const;
  const isV4 = isIPv4(source) && isIPv4(destination);
  if (version === 'v1') {
    const pair = isV4 ? `TCP4 ${source} ${destination}` : `TCP6 ${mapped(source)} ${mapped(destination)}`;
    return Buffer.from(`PROXY ${pair} ${ports.join(' ')}\r\n`, 'latin1');
  }
  const body = isV4
    ? Buffer.concat([bytesOfV4(source), bytesOfV4(destination), Buffer.alloc(4)])
    : Buffer.concat([bytesOfV6(source), bytesOfV6(destination), Buffer.alloc(4)]);
  body.writeUInt16BE(ports[0], body.length - 4);
  body.writeUInt16BE(ports[1], body.length - 2);
  // Version 2, command PROXY; TCP over IPv4 or IPv6; length of what follows.
  const head = Buffer.from([0x21, isV4 ? 0x11 : 0x21, 0, body.length]);
  return Buffer.concat([signature, head, body]);
}

function plain(address: string): string {
  const inner = /^::ffff:(.*)$/i.exec(address)?.[1];
  return inner !== undefined && isIPv4(inner) ? inner : address.replace(/%.*$/, '');
}

function mapped(address: string): string {
  return isIPv4(address) ? `::ffff:${address}` : address;
}

function bytesOfV4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function bytesOfV6(address: string): Buffer {
  return Buffer.from(ipv6Bytes(mapped(address)));
}
