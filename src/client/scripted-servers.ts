/** For tests: several scripted API servers at fixed ports, which can be stopped and started again. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';

/** One request as it came in, as far as it came in. */
export interface ScriptedRequest {
  method: string;
  path: string;
  head: string;
  /** What came of the body until now. */
  body: string;
  /** Bytes that Content-Length announces. */
  length: number;
  socket: Socket;
}

/** Called when the head is there, and with each piece of the body after it; true when it is dealt with. */
export type Script = (request: ScriptedRequest) => boolean;

export interface ScriptedApiServer {
  readonly url: string;
  /** `METHOD /path` of all requests but probes. */
  readonly requests: string[];
  /** Connections accepted in all. */
  readonly connections: number;
  /** Of /readyz, with header lines after it if need be; default `200 OK`. */
  readyz: string | undefined;
  /** Asks for the body where a request expects to be asked; default true. */
  continues: boolean;
  script: Script;
  start(): Promise<void>;
  /** Ends listening and all connections. */
  stop(): Promise<void>;
  /** Ends listening; connections go on. */
  closeListener(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function answer(socket: Socket, status: string, body: string, headers: readonly string[] = []): void {
  const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, 'Content-Type: application/json', ...headers];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Answers whole requests with `{"by": NAME}`. */
export function answerAs(name: string): Script {
  return ({ socket, body, length }) => {
    if (body.length < length) return false;
    answer(socket, '200 OK', JSON.stringify({ by: name }));
    return true;
  };
}

/** Listens on loopback. Parses just enough for clients that send one request at a time. */
export async function scriptedApiServer(script: Script = answerAs('it')): Promise<ScriptedApiServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connections = 0;
  let port = 0;
  let server: Server | undefined;

  function serve(socket: Socket): void {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let request: ScriptedRequest | undefined;
    let held = '';
    socket.on('data', (chunk) => {
      if (request === undefined) {
        held += chunk.toString('latin1');
        const end = held.indexOf('\r\n\r\n');
        if (end === -1) return;
        const head = held.slice(0, end);
        const [method = '', path = ''] = head.split(' ');
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        request = { method, path, head, length, body: held.slice(end + 4), socket };
        held = '';
        if (/\r\nexpect: 100-continue/i.test(head) && self.continues) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        if (path !== '/readyz') requests.push(`${method} ${path}`);
      } else request.body += chunk.toString('latin1');
      if (request.path === '/readyz') {
        if (self.readyz !== undefined) answer(socket, self.readyz, 'ok', ['Connection: close']);
        request = undefined;
      } else if (self.script(request)) request = undefined;
    });
  }

  const self: ScriptedApiServer = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    requests,
    get connections() {
      return connections;
    },
    readyz: '200 OK',
    continues: true,
    script,
    async start() {
      server = createServer(serve);
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    },
    async closeListener() {
      const closing = server;
      server = undefined;
      closing?.close();
    },
    async stop() {
      const closing = server;
      server = undefined;
      for (const socket of sockets) socket.destroy();
      if (closing === undefined) return;
      closing.close();
      await once(closing, 'close');
    },
    [Symbol.asyncDispose]: () => self.stop(),
  };
  await self.start();
  return self;
}
