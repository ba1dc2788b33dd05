/** A watch over a WebSocket, after `WatchServer.HandleWS` of kube-apiserver: each event is one text message. */
import { badRequest, StatusError } from '../../api/status.ts';
import { answerHandshake, HandshakeError, headerLines, offeredSubprotocols } from '../../net/websocket/handshake.ts';
import { WebSocketPeer } from '../../net/websocket/peer.ts';
import { bearerSubprotocolPrefix } from '../auth/credentials.ts';
import type { Exchange, Upgrade } from '../exchange.ts';
import type { WatchSink } from './watch-sink.ts';
import { STALLED_MILLISECONDS } from './watch-sink.ts';

/** Nothing is expected from the client, and what comes is passed over: more than this at once is no mistake. */
const MAX_MESSAGE_BYTES = 64 * 1024;

/** Throws `StatusError` 400 for what is no WebSocket handshake, 403 for a page that has no origin. */
export function webSocketSink(exchange: Exchange, upgrade: Upgrade): WatchSink {
  const { socket, head } = upgrade;
  const answer = handshake(exchange);
  let peer: WebSocketPeer | undefined;
  let wake: (() => void) | undefined;
  const begin = (): WebSocketPeer => {
    if (peer !== undefined) return peer;
    upgrade.switched = true;
    socket.write(answer);
    if (head.length > 0) socket.unshift(head);
    peer = new WebSocketPeer(
      socket,
      { role: 'server', maxMessageBytes: MAX_MESSAGE_BYTES },
      {
        onMessage: () => {},
        onDrain: () => wake?.(),
        onClose() {
          exchange.abort(new Error('the client has gone'));
          wake?.();
        },
      },
    );
    return peer;
  };
  /** False when the client has gone or has taken nothing for too long. */
  const drained = async (open: WebSocketPeer): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), STALLED_MILLISECONDS);
    wake = () => resolve(open.open);
    if (!open.open) resolve(false);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      wake = undefined;
    }
  };
  return {
    begin: () => void begin(),
    async send(lines) {
      const open = begin();
      for (const line of lines) if (!open.sendText(...line) && !(await drained(open))) return false;
      return open.open;
    },
    end(last) {
      const open = begin();
      if (last !== undefined) open.sendText(...last);
      open.close();
    },
    cutOff: () => void socket.destroy(),
    get gone() {
      return socket.destroyed;
    },
  };
}

/** The head of the answer. The subprotocol that carries a token is no protocol to be chosen. */
function handshake({ request }: Exchange): string {
  const headers = headerLines(request.rawHeaders);
  if (request.headers.origin === 'null') {
    throw new StatusError({
      code: 403,
      reason: 'Forbidden',
      message: 'a WebSocket of a page without origin is refused',
    });
  }
  const [protocol] = offeredSubprotocols(headers).filter((name) => !name.startsWith(bearerSubprotocolPrefix));
  try {
    return answerHandshake(request.method ?? '', headers, protocol === undefined ? [] : [protocol]).head;
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    throw badRequest(`a watch can be upgraded to a WebSocket only: ${error.message}`);
  }
}
