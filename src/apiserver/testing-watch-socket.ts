/** For tests: a watch over a WebSocket, of any API server. */
import { EventEmitter, on, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beginHandshake } from '../net/websocket/handshake.ts';
import type { WebSocketClose } from '../net/websocket/peer.ts';
import { WebSocketPeer } from '../net/websocket/peer.ts';

export interface WatchSocket {
  /** 101 when it is open; else what refused it says in `refusal`. */
  status: number;
  refusal: string;
  subprotocol: string | undefined;
  /** The next message. Throws when none comes any more. */
  next(): Promise<{ isText: boolean; text: string }>;
  closed: Promise<WebSocketClose>;
  send(text: string): void;
  close(): void;
}

export async function openWatchSocket(
  url: string,
  token: string,
  { headers = {}, subprotocols = [] }: { headers?: Readonly<Record<string, string>>; subprotocols?: string[] } = {},
): Promise<WatchSocket> {
  const asked = request(url, {
    rejectUnauthorized: false,
    headers: {
      Authorization: `Bearer ${token}`,
      ...Object.fromEntries(beginHandshake(subprotocols).headers),
      ...headers,
    },
  });
  const opened = Promise.withResolvers<[IncomingMessage, Duplex?, Buffer?]>();
  asked.once('upgrade', (...answer) => opened.resolve(answer));
  asked.once('response', (answer) => opened.resolve([answer]));
  asked.once('error', opened.reject);
  asked.end();
  const [answer, stream, head] = await opened.promise;
  const events = new EventEmitter();
  const messages = on(events, 'message', { close: ['close'] });
  const closed = once(events, 'close').then(([close]): WebSocketClose => close);
  if (stream !== undefined && head !== undefined) stream.unshift(head);
  const peer =
    stream === undefined
      ? undefined
      : new WebSocketPeer(
          stream,
          { role: 'client' },
          {
            onMessage: (data, isText) => events.emit('message', { isText, text: data.toString() }),
            onClose: (close) => events.emit('close', close),
          },
        );
  const refusal = stream === undefined ? await text(answer) : '';
  if (stream === undefined) events.emit('close', { code: 1006, reason: 'it was refused' });
  return {
    status: answer.statusCode ?? 0,
    refusal,
    subprotocol: answer.headers['sec-websocket-protocol'],
    async next() {
      const { done, value } = await messages.next();
      if (done === true) throw new Error('the watch has ended');
      return value[0];
    },
    closed,
    send: (message) => void peer?.sendText(message),
    close: () => peer?.close(),
  };
}
