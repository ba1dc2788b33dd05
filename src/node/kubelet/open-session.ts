/** A command's or an attachment's streams, in the protocol that the client asks to upgrade to. */
import { HandshakeError, isWebSocketRequest } from '../../net/websocket/handshake.ts';
import { openChannelExec } from './exec-channels.ts';
import type { ExecSession, ExecStreams } from './exec-session.ts';
import { HttpError } from './http-error.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

/** Throws `HttpError`; undefined when the client went before it had opened its streams. */
export async function openSession(
  upgrade: UpgradeRequest,
  streams: ExecStreams,
  signal: AbortSignal,
): Promise<ExecSession | undefined> {
  try {
    if (isWebSocketRequest(upgrade.headers)) return openChannelExec(upgrade, streams);
    const { openSpdyExec } = await import('./exec-spdy.ts');
    return await openSpdyExec(upgrade, streams, signal);
  } catch (error) {
    if (error instanceof HandshakeError) throw new HttpError(error.status, error.message);
    throw error;
  }
}
