/** The server's end of port-forwards over SPDY, raw or in the messages of a WebSocket, for tests: what is behind it is theirs. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { SpdyConnection } from '../src/net/spdy/connection.ts';
import { answerSpdyUpgrade, isSpdyRequest } from '../src/net/spdy/handshake.ts';
import type { SpdyStream } from '../src/net/spdy/stream.ts';
import { WebSocketByteStream } from '../src/net/websocket/byte-stream.ts';
import { answerHandshake, headerLines, offeredSubprotocols } from '../src/net/websocket/handshake.ts';

const protocol = 'portforward.k8s.io';

/** One TCP connection as the client opens it. */
export type OnForward = (port: number, data: SpdyStream, errors: SpdyStream) => void;

/**
 * Answers the upgrade. Undefined where the client asks for something else: nothing was answered then. `wrap` may put
 * something between the connection and its transport.
 */
export function serveForwards(
  request: IncomingMessage,
  socket: Duplex,
  onForward: OnForward,
  wrap = (transport: Duplex): Duplex => transport,
): SpdyConnection | undefined {
  const switched = switchProtocols(request, socket);
  if (switched === undefined) return undefined;
  const transport = wrap(switched);
  const waiting = new Map<string, SpdyStream>();
  return new SpdyConnection(transport, {
    role: 'server',
    onStream(stream) {
      const id = stream.headers.get('requestid') ?? '';
      const other = waiting.get(id);
      if (other === undefined) {
        waiting.set(id, stream);
        return;
      }
      waiting.delete(id);
      const [data, errors] = stream.headers.get('streamtype') === 'data' ? [stream, other] : [other, stream];
      errors.resume();
      onForward(Number(data.headers.get('port')), data, errors);
    },
  });
}

function switchProtocols(request: IncomingMessage, socket: Duplex): Duplex | undefined {
  const headers = headerLines(request.rawHeaders);
  if (isSpdyRequest(headers)) {
    socket.write(answerSpdyUpgrade(headers, [protocol]));
    return socket;
  }
  const tunnel = `SPDY/3.1+${protocol}`;
  if (!offeredSubprotocols(headers).includes(tunnel)) return undefined;
  socket.write(answerHandshake('GET', headers, [tunnel]).head);
  return new WebSocketByteStream(socket, { role: 'server' });
}

/** As servers in Go answer an upgrade to a protocol that they do not have. */
export function refuseUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
}
