/** One port on both loopback addresses. */

import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';

/** The gateway cannot listen; the message says where, why, and the way out. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface Listeners extends AsyncDisposable {
  port: number;
  /** The addresses listened on. */
  addresses: readonly string[];
}

const loopback: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  '127.0.0.1': ['127.0.0.1'],
  '::1': ['::1'],
};

/** Listens on loopback only; `port` 0 is any port that is free on both. Rejects with ListenError. */
export async function listenOnLoopback(
  { host, port }: { host: string; port: number },
  onSocket: (socket: Socket) => void,
): Promise<Listeners> {
  const addresses = loopback[host];
  if (addresses === undefined) {
    throw new ListenError(
      `The gateway does not listen on ${host}: it acts with your rights for whoever reaches it, so it stays on localhost.`,
    );
  }
  // A port that is free on the first address may be taken on the second.
  for (let attempt = 0; ; attempt++) {
    const servers: Server[] = [];
    try {
      for (const address of addresses) {
        const wanted = servers[0] === undefined ? port : portOf(servers[0]);
        const server = await listen(address, wanted, onSocket);
        if (server !== undefined) servers.push(server);
      }
      const [first] = servers;
      if (first === undefined) throw new ListenError('This machine has no loopback address to listen on.');
      return {
        port: portOf(first),
        addresses: servers.map((server) => (server.address() as AddressInfo).address),
        [Symbol.asyncDispose]: () => closeAll(servers),
      };
    } catch (error) {
      await closeAll(servers);
      if (error instanceof ListenError && (port !== 0 || attempt >= 10)) throw error;
    }
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

/** Undefined where the machine has no such address (IPv6 turned off). */
function listen(address: string, port: number, onSocket: (socket: Socket) => void): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(undefined);
      else reject(new ListenError(reason(error, address, port), { cause: error }));
    });
    server.listen({ host: address, port, backlog: 1024 }, () => resolve(server));
  });
}

function reason(error: NodeJS.ErrnoException, address: string, port: number): string {
  const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  if (error.code === 'EADDRINUSE')
    return `Port ${port} is in use on ${address}: stop what listens there, or choose another port.`;
  if (error.code === 'EACCES') return `You may not listen on ${where}: choose a port above 1023.`;
  return `Cannot listen on ${where}: ${error.message}.`;
}
