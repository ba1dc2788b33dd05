/**
 * The server behind the gateway in its benches, over TLS and on a second port without. `?bytes=N` is answered with N bytes,
 * a body that is sent with its length in bytes, a WebSocket is taken and says nothing, everything else gets 1 KiB.
 * Argument: a file with `cert` and `key`. Prints its ports, that of TLS first.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerHandshake, headerLines } from '../src/net/websocket/handshake.ts';

const [file = ''] = process.argv.slice(2);
const { cert, key }: { cert: string; key: string } = JSON.parse(await readFile(file, 'utf8'));
const body = Buffer.alloc(1024, 'x');
const block = Buffer.alloc(256 * 1024, 'x');
const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };

const onRequest: RequestListener = (request, response) => {
  const bytes = /[?&]bytes=(\d+)/.exec(request.url ?? '')?.[1];
  if (bytes !== undefined) void send(response, Number(bytes));
  else if (request.method === 'GET') response.writeHead(200, headers).end(body);
  else void take(request, response);
};

async function send(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes });
  await pipeline(Readable.from(blocks(bytes), { objectMode: false, highWaterMark: block.length }), response).catch(
    // A client that leaves takes no more.
    () => {},
  );
}

function* blocks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block;
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(request, 'end');
  response.end(String(bytes));
}

function onUpgrade(request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.resume();
  socket.write(answerHandshake('GET', headerLines(request.rawHeaders), []).head);
}

async function listen(server: Server): Promise<number> {
  server.on('upgrade', onUpgrade);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  const address = server.address();
  return address !== null && typeof address !== 'string' ? address.port : 0;
}

const keepAliveTimeout = 60_000;
const tlsPort = await listen(createServer({ cert, key, keepAliveTimeout }, onRequest));
const plainPort = await listen(createPlainServer({ keepAliveTimeout }, onRequest));
console.log(`serving on :${tlsPort} :${plainPort}`);
process.once('SIGTERM', () => process.exit(0));
