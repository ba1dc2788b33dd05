/** Whose programs connect and listen within this machine, as Linux tells it. */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { ipv6Bytes } from './ipv6.ts';

/** True where it can be told. */
export const canTellPeerUser = process.platform === 'linux';

const established = '01';
const listening = '0A';
/** As the kernel prints them: 127.0.0.1, 0.0.0.0, ::1, ::, and the first two as IPv6. */
const reachedAsLocalhost: readonly string[] = ['127.0.0.1', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1'].map(hexOf);

/**
 * The number of the user whose socket it is. Undefined where it cannot be told: the connection comes from elsewhere, or
 * is over already (for which the kernel would name root).
 */
export async function peerUser(socket: Socket): Promise<number | undefined> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || localAddress === undefined) return undefined;
  // A program may reach an IPv4 address by an IPv6 socket, which only the second table has.
  const addresses = remoteAddress.includes(':') ? [''] : ['', '::ffff:'];
  for (const prefix of addresses) {
    const user = await socketUser(
      { address: `${prefix}${remoteAddress}`, port: remotePort },
      { address: `${prefix}${localAddress}`, port: localPort },
    );
    if (user !== undefined) return user;
  }
  return undefined;
}

interface Place {
  address: string;
  port: number | undefined;
}

/** The user of the socket that is open from the one place to the other. */
async function socketUser(from: Place, to: Place): Promise<number | undefined> {
  const theirs = `${hexOf(from.address)}:${hexPort(from.port)}`;
  const ours = `${hexOf(to.address)}:${hexPort(to.port)}`;
  for (const { local, remote, state, user } of await sockets(from.address.includes(':') ? 'tcp6' : 'tcp')) {
    if (local === theirs && remote === ours && state === established) return user;
  }
  return undefined;
}

/** The users whose programs take connections to this port of localhost; none where it cannot be told. */
export async function listenerUsers(port: number): Promise<number[]> {
  const all = await Promise.all([sockets('tcp'), sockets('tcp6')]);
  const places = reachedAsLocalhost.map((address) => `${address}:${hexPort(port)}`);
  return all.flat().flatMap(({ local, state, user }) => (state === listening && places.includes(local) ? [user] : []));
}

interface KernelSocket {
  local: string;
  remote: string;
  state: string;
  user: number;
}

async function sockets(table: 'tcp' | 'tcp6'): Promise<KernelSocket[]> {
  let text: string;
  try {
    text = await readFile(`/proc/net/${table}`, 'latin1');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, remote, state, , , , user] = line.trim().split(/\s+/);
      return local === undefined || remote === undefined || state === undefined || user === undefined
        ? []
        : [{ local, remote, state, user: Number(user) }];
    });
}

/** As the kernel prints it: words of four bytes in the order of this machine. */
function hexOf(address: string): string {
  const bytes = address.includes(':') ? ipv6Bytes(address) : address.split('.').map(Number);
  return Buffer.from(bytes).swap32().toString('hex').toUpperCase();
}

function hexPort(port: number | undefined): string {
  return (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
