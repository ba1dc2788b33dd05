/** Raw connections, and a way for them that can be cut. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { freePort } from '../free-port.ts';

/** A raw connection; the echo image sends back what is no HTTP. */
export async function talk(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

export async function say(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let heard = '';
  while (heard.length < text.length) heard += String((await once(socket, 'data'))[0]);
  return heard;
}

/** A way to a port of this machine that can be cut, and opened again on the same port. */
export class CuttableLine {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  static async open(to: number, port: number): Promise<CuttableLine> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const target = connect(to, '127.0.0.1');
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.once('close', () => other.destroy());
        socket.pipe(other);
      }
    });
    // While it is cut, nobody else is given its port.
    server.listen(port === 0 ? await freePort() : port, '127.0.0.1');
    await once(server, 'listening');
    return new CuttableLine(server, sockets);
  }

  async cut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
