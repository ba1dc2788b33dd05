/** Answers HTTP requests with what was received, and WebSocket messages with themselves. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { acceptEcho } from './websocket.ts';

/** A longer body is counted, but not repeated in the answer. */
const SHOWN_BODY_BYTES = 1024 * 1024;

/**
 * A server without a listener of its own: connections are handed to it. `POST /stream` gets its own body back as it
 * comes; everything else gets JSON.
 */
export function echoServer(pod: string): Server {
  const server = createServer((request, response) => {
    response.setHeader('X-Pod-Name', pod);
    if (new URL(request.url ?? '/', 'http://pod').pathname === '/stream') {
      response.setHeader('Content-Type', request.headers['content-type'] ?? 'application/octet-stream');
      request.pipe(response);
      return;
    }
    describe(request, response, pod).catch(() => request.socket.destroy());
  });
  server.on('upgrade', (request, socket, head) => acceptEcho(request, socket, head, pod));
  return server;
}

async function describe(request: IncomingMessage, response: ServerResponse, pod: string): Promise<void> {
  const shown: Buffer[] = [];
  let bodyBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (bodyBytes < SHOWN_BODY_BYTES) shown.push(chunk.subarray(0, SHOWN_BODY_BYTES - bodyBytes));
    bodyBytes += chunk.length;
  }
  const { socket } = request;
  const answer = {
    pod,
    protocol: `HTTP/${request.httpVersion}`,
    scheme: 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http',
    method: request.method,
    path: request.url,
    headers: request.headers,
    body: Buffer.concat(shown).toString('utf8'),
    bodyBytes,
    from: `${socket.remoteAddress}:${socket.remotePort}`,
    to: `${socket.localAddress}:${socket.localPort}`,
  };
  response.setHeader('Content-Type', 'application/json');
  response.end(`${JSON.stringify(answer, null, 2)}\n`);
}
