/** Sends WebSocket messages back as they come. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerHandshake, HandshakeError, headerLines } from '../../../net/websocket/handshake.ts';
import { WebSocketPeer } from '../../../net/websocket/peer.ts';

/** Answers the upgrade; the pod's name is a header of the 101. */
export function acceptEcho(request: IncomingMessage, socket: Duplex, head: Buffer, pod: string): void {
  socket.on('error', () => socket.destroy());
  try {
    const answer = answerHandshake(request.method ?? '', headerLines(request.rawHeaders), []);
    socket.write(answer.head.replace(/\r\n\r\n$/, `\r\nX-Pod-Name: ${pod}\r\n\r\n`));
  } catch (error) {
    const status = error instanceof HandshakeError ? error.status : 400;
    socket.end(`HTTP/1.1 ${status} Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return;
  }
  if (head.length > 0) socket.unshift(head);
  const peer = new WebSocketPeer(
    socket,
    { role: 'server', maxMessageBytes: 16 * 1024 * 1024 },
    {
      onMessage(data, isText) {
        const more = isText ? peer.sendText(data.toString('utf8')) : peer.send(data);
        if (!more) peer.pause();
      },
      onDrain: () => peer.resume(),
      onClose: () => {},
    },
  );
}
