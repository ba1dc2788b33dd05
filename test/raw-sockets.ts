/** Raw TCP ends for tests of protocols: a server that says what a test tells it, a client that shows every byte. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface RawServer extends AsyncDisposable {
  port: number;
  /** Sockets accepted so far. */
  accepted: Socket[];
  /** The head of every request so far, with the connection's number in front: `1 GET / HTTP/1.1\r\n…`. */
  heads: string[];
}

/** Calls `onHead` for each complete head; bytes that follow it are `rest` until the socket's listeners are replaced. */
export async function rawServer(onHead: (socket: Socket, head: string, rest: string) => void): Promise<RawServer> {
  const accepted: Socket[] = [];
  const heads: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const number = accepted.push(socket);
    let held = '';
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      const end = held.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = held.slice(0, end + 4);
      const rest = held.slice(end + 4);
      held = '';
      heads.push(`${number} ${head}`);
      onHead(socket, head, rest);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    heads,
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export class RawClient implements Disposable {
  readonly socket: Socket;
  /** Everything received so far. */
  received = '';
  /** `end`: the other side's regular end; `reset`: it was cut. */
  ending: 'end' | 'reset' | undefined;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#tell();
    });
    socket.on('end', () => {
      this.ending ??= 'end';
      this.#tell();
    });
    socket.on('error', () => {
      this.ending = 'reset';
      this.#tell();
    });
    socket.on('close', () => this.#tell());
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until what was received matches; fails when the connection ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.received);
      if (match !== null) return match;
      if (this.ending !== undefined) throw new Error(`ended before ${pattern}: ${JSON.stringify(this.received)}`);
      await this.#changed.promise;
    }
  }

  /** Waits for the end and tells how it came. */
  async end(): Promise<'end' | 'reset'> {
    while (this.ending === undefined) await this.#changed.promise;
    return this.ending;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
