/** Proxies for tests, by which one server of this machine is reached. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect } from 'node:net';

export interface Listening extends AsyncDisposable {
  port: number;
}

/** Listens on loopback; disposing cuts what is connected. */
export async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function join(client: NodeJS.ReadWriteStream, port: number): void {
  const upstream = connect(port, '127.0.0.1');
  upstream.on('error', () => {});
  client.pipe(upstream).pipe(client);
}

/** Answers CONNECT with `answer`, and joins to `to` if that is a success. */
export function connectProxy(to: number, seen: string[], answer = 'HTTP/1.1 200 Connection established\r\n\r\n') {
  return (socket: NodeJS.ReadWriteStream) => {
    socket.once('data', (head: Buffer) => {
      seen.push(head.toString('latin1'));
      socket.write(answer);
      if (answer.startsWith('HTTP/1.1 200')) join(socket, to);
    });
  };
}

/** Speaks SOCKS in single bytes, to be awkward; `want` is the password it asks for. */
export function socksProxy(to: number, seen: string[], want: string | undefined, code = 0) {
  return async (socket: Socket) => {
    socket.setNoDelay(true);
    const next = async () => (await once(socket, 'data'))[0] as Buffer;
    seen.push((await next()).toString('hex'));
    socket.write(Buffer.from([5]));
    setImmediate(() => socket.write(Buffer.from([want === undefined ? 0 : 2])));
    if (want !== undefined) {
      const given = await next();
      seen.push(given.toString('latin1'));
      socket.write(Buffer.from([1, given.includes(want) ? 0 : 1]));
      if (!given.includes(want)) return;
    }
    seen.push((await next()).toString('hex'));
    socket.write(Buffer.from([5, code, 0, 3, 4, 110, 97, 109, 101, 0, 80]));
    if (code === 0) join(socket, to);
  };
}
