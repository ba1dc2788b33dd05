/** For tests: an HTTP server that answers upgrades as each test says, and a client to it. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import type { ClusterClient } from '../src/client/cluster-client.ts';
import { openClusterClient } from '../src/client/cluster-client-http.ts';
import { headerLines, offeredSubprotocols } from '../src/net/websocket/handshake.ts';
import { refuseUpgrade } from './forward-server.ts';

export interface UpgradeServer extends AsyncDisposable {
  client: ClusterClient;
  /** `GET SPDY/3.1+portforward.k8s.io`, `POST`: what was asked for, in order. */
  asked: string[];
  /** Connections that were upgraded and are open. */
  sockets: Set<Duplex>;
}

/** `onUpgrade` answers what it serves and returns true; the rest is refused as servers in Go do it. */
export async function openUpgradeServer(
  onUpgrade: (request: IncomingMessage, socket: Duplex) => boolean,
): Promise<UpgradeServer> {
  const server = createServer();
  const sockets = new Set<Duplex>();
  const asked: string[] = [];
  server.on('upgrade', (request, socket: Duplex) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    asked.push([request.method, ...offeredSubprotocols(headerLines(request.rawHeaders))].join(' '));
    if (!onUpgrade(request, socket)) refuseUpgrade(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = openClusterClient({ server: `http://127.0.0.1:${port}`, namespace: 'n' });
  return {
    client,
    asked,
    sockets,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const settingsBytes = 20;

/** A SPDY transport without what counts windows, which is how peers in Go are: the client's settings, ours, window updates. */
export class UncountedTransport extends Duplex {
  readonly #under: Duplex;
  #toDrop = settingsBytes;

  constructor(under: Duplex) {
    super({ allowHalfOpen: true });
    this.#under = under;
    under.on('data', (chunk: Buffer) => {
      const dropped = Math.min(this.#toDrop, chunk.length);
      this.#toDrop -= dropped;
      if (chunk.length > dropped && !this.push(chunk.subarray(dropped))) under.pause();
    });
    under.on('end', () => this.push(null));
    under.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#under.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const type = chunk.length >= 4 && chunk[0] === 0x80 ? chunk.readUInt16BE(2) : 0;
    if (type === 4 || type === 9) callback();
    else if (this.#under.write(chunk)) callback();
    else this.#under.once('drain', callback);
  }

  override _final(callback: () => void): void {
    this.#under.end(callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#under.destroy();
    callback(error);
  }
}
