/**
 * The server behind balancers in their bench. To TLS it answers /readyz; else `e` is answered with one byte, and `dN` with N
 * bytes and the end. Argument: a file with `cert` and `key`.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const [file = ''] = process.argv.slice(2);
const { cert, key }: { cert: string; key: string } = JSON.parse(await readFile(file, 'utf8'));
const tls = createTlsServer({ cert, key }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
});
tls.on('tlsClientError', () => {});
const tlsHandshake = 0x16;
const block = Buffer.alloc(256 * 1024, 'x');
const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (first: Buffer) => {
    if (first[0] === tlsHandshake) {
      socket.pause();
      socket.unshift(first);
      tls.emit('connection', socket);
    } else if (first[0] === 'd'.charCodeAt(0)) {
      let left = Number(first.subarray(1));
      const send = () => {
        while (left > 0) {
          const piece = left < block.length ? block.subarray(0, left) : block;
          left -= piece.length;
          if (!socket.write(piece)) return;
        }
        socket.end();
      };
      socket.on('drain', send);
      send();
    } else {
      socket.write('e');
      socket.on('data', () => socket.write('e'));
      socket.on('end', () => socket.end());
    }
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') console.log(`serving on 127.0.0.1:${address.port}`);
});
process.once('SIGTERM', () => process.exit(0));
