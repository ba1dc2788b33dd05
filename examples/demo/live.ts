/** The WebSocket of the page: once a second what this replica is doing, horns at once, and an answer to every ping. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';

export interface Live {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, user: string): void;
  readonly visitors: number;
  /** Says goodbye to every visitor. */
  close(): void;
}

export function openLive({ report }: { report: () => Record<string, unknown> }): Live {
  const server = new WebSocketServer({ noServer: true, maxPayload: 4096, perMessageDeflate: false });
  const visitors = new Set<WebSocket>();
  let timer: NodeJS.Timeout | undefined;

  const tell = (visitor: WebSocket, message: Record<string, unknown>): void => {
    // A visitor who does not read loses news, and costs no memory.
    if (visitor.bufferedAmount < 65_536) visitor.send(JSON.stringify(message));
  };
  const tellAll = (message: Record<string, unknown>): void => {
    for (const visitor of visitors) tell(visitor, message);
  };

  function hear(visitor: WebSocket, user: string, text: string): void {
    let said: unknown;
    try {
      said = JSON.parse(text);
    } catch {
      visitor.close(1003, 'JSON is expected');
      return;
    }
    if (typeof said !== 'object' || said === null) return;
    if ('ping' in said) tell(visitor, { type: 'pong', ping: said.ping });
    else if ('horn' in said) tellAll({ type: 'horn', from: user, ...report() });
  }

  return {
    get visitors() {
      return visitors.size;
    },
    accept(request, socket, head, user) {
      server.handleUpgrade(request, socket, head, (visitor) => {
        visitors.add(visitor);
        timer ??= setInterval(() => tellAll({ type: 'report', ...report() }), 1000);
        visitor.on('message', (data) => hear(visitor, user, String(data)));
        visitor.on('error', () => visitor.terminate());
        visitor.on('close', () => {
          visitors.delete(visitor);
          if (visitors.size > 0) return;
          clearInterval(timer);
          timer = undefined;
        });
        tell(visitor, { type: 'hello', user, ...report() });
      });
    },
    close() {
      clearInterval(timer);
      for (const visitor of visitors) visitor.close(1001, 'this replica is going');
    },
  };
}
