/** The opening handshake of a WebSocket to the API server (exec, attach, port-forward, proxied ones). */
import type { Duplex } from 'node:stream';
import { StatusError } from '../api/status.ts';
import { beginHandshake, finishHandshake, HandshakeError } from '../net/websocket/handshake.ts';
import { headerMap } from './header-map.ts';
import { readBody, refusal } from './response-body.ts';
import type { Transport } from './transport.ts';

interface WebSocketRequest {
  transport: Transport;
  path: string;
  subprotocols: readonly string[];
  /** Ends the handshake; the stream is the caller's. */
  signal: AbortSignal;
}

/** Resolves after a valid 101; any other answer is an error, redirects too (CVE-2020-8559). */
export async function openWebSocket({ transport, path, subprotocols, signal }: WebSocketRequest): Promise<{
  subprotocol: string;
  stream: Duplex;
  headers: ReadonlyMap<string, string>;
}> {
  const handshake = beginHandshake(subprotocols);
  const result = await transport.upgrade({ path, headers: handshake.headers, signal });
  if (!result.upgraded) {
    const error = refusal(result.status, await readBody(result.body));
    if (result.status >= 400) throw error;
    throw handshakeFailed(transport.server, `it answered ${result.status} instead of switching protocols`);
  }
  try {
    const subprotocol = finishHandshake(handshake.key, subprotocols, result.headers);
    return { subprotocol, stream: result.stream, headers: headerMap(result.headers) };
  } catch (error) {
    result.stream.destroy();
    if (!(error instanceof HandshakeError)) throw error;
    throw handshakeFailed(transport.server, error.message);
  }
}

function handshakeFailed(server: string, what: string): StatusError {
  return new StatusError({
    code: 502,
    reason: 'InternalError',
    message: `${server} did not open the WebSocket: ${what}`,
  });
}
