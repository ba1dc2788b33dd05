/** The client's side of SOCKS 5 (RFC 1928), with user name and password (RFC 1929). */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { ipv6Bytes } from '../ipv6.ts';
import { exactly, takeFrom } from './read-exactly.ts';
import type { UpstreamProxy } from './upstream-proxy.ts';
import { ProxyError } from './upstream-proxy.ts';

const version = 5;
const noAuthentication = 0;
const userAndPassword = 2;

const refusals: Readonly<Record<number, string>> = {
  1: 'failed',
  2: 'does not allow this connection',
  3: 'cannot reach the network',
  4: 'cannot reach the host, or does not know its name',
  5: 'was refused by the host',
  6: 'ran out of time',
  7: 'does not make connections',
  8: 'does not know this kind of address',
};

/** Resolves when bytes pass to host and port. Rejects with ProxyError, or what the stream failed with. */
export async function openSocksTunnel(
  stream: Duplex,
  { host, port }: { host: string; port: number },
  { username, password }: UpstreamProxy,
  signal: AbortSignal,
): Promise<void> {
  const known = username !== undefined || password !== undefined;
  stream.write(Buffer.from(known ? [version, 2, noAuthentication, userAndPassword] : [version, 1, noAuthentication]));
  const chosen = await takeFrom(stream, exactly(2), signal);
  if (chosen[0] !== version) throw new ProxyError('does not speak SOCKS 5');
  if (chosen[1] === userAndPassword && known) {
    stream.write(Buffer.from([1, ...field(username ?? ''), ...field(password ?? '')]));
    const answer = await takeFrom(stream, exactly(2), signal);
    if (answer[1] !== 0) throw new ProxyError('refuses the user name and password');
  } else if (chosen[1] !== noAuthentication) {
    throw new ProxyError(known ? 'wants another kind of authentication' : 'wants a user name and password');
  }
  stream.write(Buffer.from([version, 1, 0, ...addressOf(host), port >> 8, port & 255]));
  const answer = await takeFrom(stream, reply, signal);
  if (answer !== 0) throw new ProxyError(refusals[answer] ?? `answered with the unknown code ${answer}`);
}

/** The code of a reply, whose bound address is of no use here. */
function reply(bytes: Buffer): { value: number; rest: Buffer } | undefined {
  const [first, code = 0, , kind, nameLength = 0] = bytes;
  if (first !== undefined && first !== version) throw new ProxyError('does not speak SOCKS 5');
  if (bytes.length < 5) return undefined;
  const length = { 1: 4, 3: 1 + nameLength, 4: 16 }[kind ?? 0];
  // Some refuse without an address.
  if (length === undefined) return { value: code === 0 ? 1 : code, rest: Buffer.alloc(0) };
  const end = 4 + length + 2;
  return bytes.length < end ? undefined : { value: code, rest: bytes.subarray(end) };
}

function field(text: string): number[] {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > 255) throw new ProxyError('cannot be given a user name or password of more than 255 bytes');
  return [bytes.length, ...bytes];
}

function addressOf(host: string): number[] {
  if (isIP(host) === 4) return [1, ...host.split('.').map(Number)];
  if (isIP(host) === 6) return [4, ...ipv6Bytes(host)];
  return [3, ...field(host)];
}
