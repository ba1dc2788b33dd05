/** Where a watch goes to: its response's body, or a WebSocket (`watch-web-socket.ts`). */
import { drained, headersOf, responseOf } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import type { WatchLine } from './watch-encoder.ts';

/** A client that takes nothing for so long is cut off. */
export const STALLED_MILLISECONDS = 60_000;

export interface WatchSink {
  /** Sends the head, once: from now on an error is told as an event. */
  begin(): void;
  /** After `begin`; resolves when more may be sent. False: the client has gone or takes nothing. */
  send(lines: readonly WatchLine[]): Promise<boolean>;
  /** A clean end, after one more event if one is given. */
  end(last?: WatchLine): void;
  /** Ends so that it looks cut off. */
  cutOff(): void;
  readonly gone: boolean;
}

export function responseSink(exchange: Exchange): WatchSink {
  const response = responseOf(exchange);
  const begin = () => {
    if (response.headersSent) return;
    response.writeHead(200, headersOf(exchange, 'application/json'));
    response.flushHeaders();
  };
  return {
    begin,
    send: async (lines) =>
      response.write(Buffer.concat(lines.flat())) || (await drained(response, STALLED_MILLISECONDS)),
    end(last) {
      begin();
      response.end(last === undefined ? undefined : Buffer.concat(last));
    },
    cutOff: () => void response.destroy(),
    get gone() {
      return response.destroyed;
    },
  };
}
