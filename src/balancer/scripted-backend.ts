/** For tests: a server that answers /readyz over TLS and, to whoever does not begin with TLS, what each test says. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface ScriptedBackend extends AsyncDisposable {
  url: string;
  /** Connections of clients, in order. */
  clients: Socket[];
  /** Status line of /readyz; undefined: no answer. */
  readyz: string | undefined;
  /** Called with each connection of a client when its first bytes are there; default: echoes. */
  serve(client: Socket, first: Buffer): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function echo(client: Socket, first: Buffer): void {
  client.write(first);
  client.on('data', (chunk) => client.write(chunk));
  client.on('end', () => client.end());
}

const tlsHandshake = 0x16;

export async function scriptedBackend({ cert, key }: { cert: string; key: string }): Promise<ScriptedBackend> {
  const sockets = new Set<Socket>();
  const tls = createTlsServer({ cert, key }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      if (self.readyz !== undefined) socket.end(`HTTP/1.1 ${self.readyz}\r\nContent-Length: 2\r\n\r\nok`);
    });
  });
  tls.on('tlsClientError', () => {});
  const open = () =>
    createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
      socket.once('data', (first: Buffer) => {
        if (first[0] === tlsHandshake) {
          socket.pause();
          socket.unshift(first);
          tls.emit('connection', socket);
        } else {
          self.clients.push(socket);
          self.serve(socket, first);
        }
      });
    });
  let server = open();
  let port = 0;
  const self: ScriptedBackend = {
    get url() {
      return `https://127.0.0.1:${port}`;
    },
    clients: [],
    readyz: '200 OK',
    serve: echo,
    async start() {
      server = open().listen(port, '127.0.0.1');
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
    [Symbol.asyncDispose]: () => self.stop(),
  };
  await self.start();
  return self;
}
