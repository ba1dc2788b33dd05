/** Load by HTTP/1.1 over plain TCP, written for little cost of its own: keep-alive GETs of small answers, and large bodies. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface Asked {
  port: number;
  path: string;
  /** Default `localhost`; the port is added. */
  host?: string;
}

export function headOf({ port, path, host = 'localhost' }: Asked, method = 'GET', more = ''): Buffer {
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nAccept: */*\r\n${more}\r\n`);
}

/** Connected. */
export async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Follows answers that come one after the other on a connection, each with a Content-Length, and calls back at each end. */
export function onAnswers(socket: Socket, onAnswer: () => void): void {
  let missing = 0;
  let held: Buffer | undefined;
  socket.on('data', (chunk: Buffer) => {
    let bytes = chunk;
    if (missing === 0) {
      bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
      held = undefined;
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) {
        held = bytes;
        return;
      }
      const head = bytes.toString('latin1', 0, end + 2);
      const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
      if (length === undefined || !head.startsWith('HTTP/1.1 200 ')) {
        socket.destroy(new Error(`not the answer expected: ${head}`));
        return;
      }
      missing = end + 4 + Number(length);
    }
    missing -= bytes.length;
    if (missing === 0) onAnswer();
  });
}

/** GETs for so long, one at a time on each connection; resolves with the number of answers. Rejects when a connection is lost. */
export async function keepAsking(asked: Asked, connections: number, milliseconds: number): Promise<number> {
  const request = headOf(asked);
  let answers = 0;
  const end = performance.now() + milliseconds;
  const one = async (): Promise<void> => {
    const socket = await open(asked.port);
    onAnswers(socket, () => {
      answers++;
      if (performance.now() < end) socket.write(request);
      else socket.end();
    });
    socket.write(request);
    await once(socket, 'close');
    if (performance.now() < end) throw new Error('a connection was closed before the time was over');
  };
  await Promise.all(Array.from({ length: connections }, one));
  return answers;
}

/** Resolves when so many bytes came as the body of the answer. */
export async function download(asked: Asked, bytes: number): Promise<void> {
  const socket = await open(asked.port);
  let received = 0;
  let headBytes = 0;
  const whole = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => {
    if (received === 0) {
      if (!chunk.toString('latin1', 0, 13).startsWith('HTTP/1.1 200 '))
        whole.reject(new Error(`not the answer expected: ${chunk.toString('latin1', 0, 500)}`));
      headBytes = chunk.indexOf('\r\n\r\n') + 4;
    }
    received += chunk.length;
    if (received - headBytes >= bytes) whole.resolve();
  });
  socket.on('close', () => whole.reject(new Error(`${received - headBytes} bytes of ${bytes} came`)));
  socket.write(headOf(asked));
  await whole.promise;
  socket.destroy();
}

const block = Buffer.alloc(256 * 1024, 'x');

/** Resolves when the answer to so many bytes came. */
export async function upload(asked: Asked, bytes: number): Promise<void> {
  const socket = await open(asked.port);
  const answered = once(socket, 'data');
  socket.write(headOf(asked, 'POST', `Content-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n`));
  for (let left = bytes; left > 0; left -= block.length) {
    const isTaken = socket.write(left < block.length ? block.subarray(0, left) : block);
    if (!isTaken) await once(socket, 'drain');
  }
  const [answer]: Buffer[] = await answered;
  if (answer?.toString('latin1').startsWith('HTTP/1.1 200 ') !== true)
    throw new Error(`not the answer expected: ${answer?.toString('latin1').slice(0, 500)}`);
  socket.destroy();
}
