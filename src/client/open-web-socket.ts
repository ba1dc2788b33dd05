/** The opening handshake of a WebSocket to the API server (exec, attach, port-forward, proxied ones). */
import type { Duplex } from 'node:stream';
import { beginHandshake, finishHandshake } from '../net/websocket/handshake.ts';
import { headerMap } from './header-map.ts';
import type { Transport } from './transport.ts';
import { switched } from './upgrade-answer.ts';

interface WebSocketRequest {
  transport: Transport;
  path: string;
  subprotocols: readonly string[];
  /** Ends the handshake; the stream is the caller's. */
  signal: AbortSignal;
}

/** Resolves after a valid 101. Throws StatusError, UpgradeRefusedError for an answer that has none. */
export async function openWebSocket({ transport, path, subprotocols, signal }: WebSocketRequest): Promise<{
  /** Its URL. */
  server: string;
  subprotocol: string;
  stream: Duplex;
  headers: ReadonlyMap<string, string>;
}> {
  const handshake = beginHandshake(subprotocols);
  const tried = { server: transport.server };
  const result = await transport.upgrade({
    method: 'GET',
    path,
    headers: handshake.headers,
    signal,
    tried,
  });
  const { protocol, stream, headers } = await switched(tried.server, result, (lines) =>
    finishHandshake(handshake.key, subprotocols, lines),
  );
  return { ...tried, subprotocol: protocol, stream, headers: headerMap(headers) };
}
