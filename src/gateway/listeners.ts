/** The ways in: one port on the addresses of this machine, or a unix socket. */
import { lstat, stat } from 'node:fs/promises';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer, isIP } from 'node:net';
import { dirname } from 'node:path';
import { bind, listenOnUnixSocket } from '../net/unix-socket.ts';

/** The gateway cannot listen; the message says where, why, and the way out. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface Listeners extends AsyncDisposable {
  /** 0 for a unix socket. */
  port: number;
  /** The addresses listened on, or the path of the unix socket. */
  addresses: readonly string[];
}

/** `host`: `localhost` is both loopback addresses. `port` 0: any one that is free on all of them. */
export type ListenPlace = { host: string; port: number } | { unixSocket: string };

type OnSocket = (socket: Socket) => void;

/** Rejects with ListenError. Whether an address may be listened on is for the caller to decide. */
export async function openListeners(place: ListenPlace, onSocket: OnSocket): Promise<Listeners> {
  if ('unixSocket' in place) return openUnixSocket(place.unixSocket, onSocket);
  const { host, port } = place;
  if (host !== 'localhost' && isIP(host) === 0)
    throw new ListenError(
      `"${host}" is no IP address of this machine: the gateway listens on addresses, or localhost.`,
    );
  const addresses = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
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
      if (first === undefined) throw new ListenError(`This machine has no address ${host} to listen on.`);
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

/**
 * Only its owner may connect. As kubectl does, a socket that is there already gives way, any other file does not. What has
 * taken its own place by the end stays.
 */
async function openUnixSocket(path: string, onSocket: OnSocket): Promise<Listeners> {
  const before = await lstat(path).catch(() => undefined);
  if (before !== undefined && !before.isSocket())
    throw new ListenError(`${path} is there and is no socket: it is not replaced. Name another path for the socket.`);
  // Node would speak of lacking permission.
  if (!(await stat(dirname(path)).catch(() => undefined))?.isDirectory())
    throw new ListenError(`Cannot listen on ${path}: there is no folder ${dirname(path)}.`);
  const server = createServer({ allowHalfOpen: true }, onSocket);
  try {
    const listening = await listenOnUnixSocket(server, path);
    return { port: 0, addresses: [path], [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() };
  } catch (error) {
    throw new ListenError(`Cannot listen on ${path}: ${error instanceof Error ? error.message : error}.`, {
      cause: error,
    });
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

/** Undefined where the machine has no such address (IPv6 turned off). */
async function listen(address: string, port: number, onSocket: OnSocket): Promise<Server | undefined> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
  try {
    await bind(server, { host: address, port, backlog: 1024 });
    return server;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined;
    throw new ListenError(reason(error as NodeJS.ErrnoException, address, port), { cause: error });
  }
}

function reason(error: NodeJS.ErrnoException, address: string, port: number): string {
  const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  if (error.code === 'EADDRINUSE')
    return `Port ${port} is in use on ${address}: stop what listens there, or choose another port.`;
  if (error.code === 'EACCES') return `You may not listen on ${where}: choose a port above 1023.`;
  return `Cannot listen on ${where}: ${error.message}.`;
}
