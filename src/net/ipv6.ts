/** IPv6 addresses between text and bytes. */
import { isIPv6 } from 'node:net';

/** The 16 bytes. Throws on what is no address, and on one with a zone. */
export function ipv6Bytes(address: string): number[] {
  if (!isIPv6(address)) throw new RangeError(`${JSON.stringify(address)} is no IPv6 address`);
  // The canonical form has hexadecimal groups only, and at most one `::`.
  const [left = '', right] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const before = groups(left);
  const after = right === undefined ? [] : groups(right);
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 255]);
}

/** Of 16 bytes, in the shortest form. */
export function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
