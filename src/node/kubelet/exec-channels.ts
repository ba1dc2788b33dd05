/** A command's streams as channels of a WebSocket (v5.channel.k8s.io, v4.channel.k8s.io). */
import type { Duplex } from 'node:stream';
import { serverPingMs } from '../../net/pings.ts';
import { Channels, channelSubprotocols } from '../../net/websocket/channels.ts';
import { answerHandshake } from '../../net/websocket/handshake.ts';
import type { ExecSession, ExecStreams } from './exec-session.ts';
import { HttpError } from './http-error.ts';
import { readSizes } from './read-sizes.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

const [STDIN, STDOUT, STDERR, ERROR, RESIZE] = [0, 1, 2, 3, 4];
const CHANNELS = 5;

/** Throws `HttpError` or `HandshakeError` before the upgrade. */
export function openChannelExec(
  { method, headers, socket }: UpgradeRequest,
  { input, output, error, terminal }: ExecStreams,
): ExecSession {
  const { subprotocol, head } = answerHandshake(method, headers, channelSubprotocols);
  if (subprotocol === undefined) {
    throw new HttpError(400, `a subprotocol is needed; served are: ${channelSubprotocols.join(', ')}`);
  }
  socket.write(head);
  const channels = new Channels(socket, { role: 'server', subprotocol, count: CHANNELS, pingIntervalMs: serverPingMs });
  const gone = new AbortController();
  void channels.closed.then(() => gone.abort());
  // Channels that the command has no use for are read and forgotten, so that they hold nothing up.
  const unused = [...(input ? [] : [STDIN]), STDOUT, STDERR, ERROR, ...(terminal ? [] : [RESIZE])];
  for (const number of unused) channels.channel(number).resume();
  return {
    ...(input ? { stdin: channels.channel(STDIN) } : {}),
    ...(output ? { stdout: channels.channel(STDOUT) } : {}),
    ...(error ? { stderr: channels.channel(STDERR) } : {}),
    ...(terminal ? { terminal: readSizes(channels.channel(RESIZE)) } : {}),
    gone: gone.signal,
    async finish(status) {
      // An empty write calls back when those before it are through.
      await Promise.all([flushed(channels.channel(STDOUT), ''), flushed(channels.channel(STDERR), '')]);
      await flushed(channels.channel(ERROR), JSON.stringify(status));
      channels.close(1000);
      await channels.closed;
    },
    cutOff: async () => channels.terminate(),
  };
}

function flushed(channel: Duplex, text: string): Promise<void> {
  return new Promise((resolve) => channel.write(text, () => resolve()));
}
