/** Whose program is at the other end of a connection within this machine, as Linux tells it. */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** True where `peerUser` can tell. */
export const canTellPeerUser = process.platform === 'linux';

const established = '01';

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
  let table: string;
  try {
    table = await readFile(from.address.includes(':') ? '/proc/net/tcp6' : '/proc/net/tcp', 'latin1');
  } catch {
    return undefined;
  }
  for (const line of table.split('\n')) {
    const [, local, remote, state, , , , uid] = line.trim().split(/\s+/);
    if (local === theirs && remote === ours && state === established && uid !== undefined) return Number(uid);
  }
  return undefined;
}

/** As the kernel prints it: words of four bytes in the order of this machine. */
function hexOf(address: string): string {
  const bytes = address.includes(':') ? ipv6Bytes(address) : Buffer.from(address.split('.').map(Number));
  return bytes.swap32().toString('hex').toUpperCase();
}

function ipv6Bytes(address: string): Buffer {
  const [left = '', right] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(left), right === undefined ? [] : groups(right)];
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return Buffer.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 255]));
}

function hexPort(port: number | undefined): string {
  return (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
