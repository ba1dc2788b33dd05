/** The server's side of SOCKS 5 (RFC 1928), with user name and password (RFC 1929) where the server wants them. */
import type { Duplex } from 'node:stream';
import { ipv6Text } from '../ipv6.ts';
import { exactly, takeFrom } from './read-exactly.ts';

const version = 5;
const authenticationVersion = 1;
const methods = { none: 0, userAndPassword: 2, nothingAcceptable: 0xff } as const;
const connectCommand = 1;

/** RFC 1928 section 6. */
export const socksReplies = {
  succeeded: 0,
  failed: 1,
  notAllowed: 2,
  hostUnreachable: 4,
  refused: 5,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;

export type SocksReply = (typeof socksReplies)[keyof typeof socksReplies];

/** Where a client wants to go. `host` is a name as the client wrote it, or an address in text. */
export interface SocksRequest {
  host: string;
  port: number;
}

/** The client was refused, and told so as far as the protocol has words for it; the message says more. */
export class SocksRefusal extends Error {
  override readonly name = 'SocksRefusal';
}

export interface SocksServerOptions {
  /** Absent: nobody is asked who he is. */
  checkPassword?(username: string, password: string): Promise<boolean>;
}

/**
 * Speaks with a client up to its request, which the caller answers with `answerSocks`. Rejects with SocksRefusal, with
 * what the stream failed with, or the signal's reason. BIND and UDP ASSOCIATE are refused by their code.
 */
export async function acceptSocks(
  stream: Duplex,
  { checkPassword }: SocksServerOptions,
  signal: AbortSignal,
): Promise<SocksRequest> {
  const offered = await takeFrom(stream, greeting, signal);
  const method = checkPassword === undefined ? methods.none : methods.userAndPassword;
  if (!offered.includes(method)) {
    stream.write(Buffer.from([version, methods.nothingAcceptable]));
    throw new SocksRefusal(
      checkPassword === undefined
        ? 'the client insists on authentication, which this proxy does not ask for'
        : 'the client gives no user name and password, which this proxy asks for',
    );
  }
  stream.write(Buffer.from([version, method]));
  if (checkPassword !== undefined) {
    const { username, password } = await takeFrom(stream, userAndPassword, signal);
    const right = await checkPassword(username, password);
    stream.write(Buffer.from([authenticationVersion, right ? 0 : 1]));
    if (!right) throw new SocksRefusal('the password is wrong');
  }
  const { command, host, port } = await takeFrom(stream, request, signal).catch((error: unknown) => {
    if (error instanceof UnknownAddressType) answerSocks(stream, socksReplies.addressTypeNotSupported);
    throw error;
  });
  if (command !== connectCommand) {
    answerSocks(stream, socksReplies.commandNotSupported);
    const name = { 2: 'BIND', 3: 'UDP ASSOCIATE' }[command] ?? `command ${command}`;
    throw new SocksRefusal(`this proxy makes TCP connections only, not ${name}`);
  }
  return { host, port };
}

/** After anything but `succeeded` the caller ends the stream. */
export function answerSocks(stream: Duplex, reply: SocksReply): void {
  // The bound address is nobody's business: the connection goes on inside of the cluster.
  stream.write(Buffer.from([version, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
}

class UnknownAddressType extends SocksRefusal {}

type Taken<T> = { value: T; rest: Buffer } | undefined;

/** The methods that the client offers. */
function greeting(bytes: Buffer): Taken<Buffer> {
  const [first, count] = bytes;
  if (first !== undefined && first !== version) throw new SocksRefusal('the client does not speak SOCKS 5');
  if (count === undefined) return undefined;
  const taken = exactly(2 + count)(bytes);
  return taken && { value: taken.value.subarray(2), rest: taken.rest };
}

function userAndPassword(bytes: Buffer): Taken<{ username: string; password: string }> {
  const [first, nameLength] = bytes;
  if (first !== undefined && first !== authenticationVersion)
    throw new SocksRefusal('the client breaks off the SOCKS 5 authentication');
  if (nameLength === undefined) return undefined;
  const passwordLength = bytes[2 + nameLength];
  if (passwordLength === undefined) return undefined;
  const taken = exactly(3 + nameLength + passwordLength)(bytes);
  return (
    taken && {
      value: {
        username: taken.value.toString('utf8', 2, 2 + nameLength),
        password: taken.value.toString('utf8', 3 + nameLength),
      },
      rest: taken.rest,
    }
  );
}

function request(bytes: Buffer): Taken<SocksRequest & { command: number }> {
  const [first, command, reserved, type, nameLength = 0] = bytes;
  if ((first !== undefined && first !== version) || (reserved !== undefined && reserved !== 0))
    throw new SocksRefusal('the client breaks off the SOCKS 5 protocol');
  if (bytes.length < 5) return undefined;
  const start = type === 3 ? 5 : 4;
  const length = { 1: 4, 3: nameLength, 4: 16 }[type ?? 0];
  if (length === undefined) throw new UnknownAddressType(`the client names a host by the unknown address type ${type}`);
  const taken = exactly(start + length + 2)(bytes);
  if (taken === undefined) return undefined;
  const address = taken.value.subarray(start, start + length);
  const host = type === 3 ? address.toString('latin1') : type === 1 ? address.join('.') : ipv6Text(address);
  return {
    value: { command: command ?? 0, host, port: taken.value.readUInt16BE(start + length) },
    rest: taken.rest,
  };
}
