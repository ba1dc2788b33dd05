/** A command's streams as channels of a WebSocket: 0 stdin, 1 stdout, 2 stderr, 3 the outcome, 4 the terminal's size. */
import { pingIntervalMs } from '../net/ping-interval.ts';
import { Channels } from '../net/websocket/channels.ts';
import type { OpenedStream } from './cluster-client.ts';
import type { CommandStreams } from './command-streams.ts';
import { collectOutcome } from './command-streams.ts';

const channelCount = 5;

export function commandOverChannels({ stream, protocol }: OpenedStream): CommandStreams {
  const channels = new Channels(stream, { role: 'client', subprotocol: protocol, count: channelCount, pingIntervalMs });
  const outcome = collectOutcome(channels.channel(3));
  // What nobody sends must not be waited for.
  for (const input of [0, 4]) channels.channel(input).resume();
  const stdin = channels.channel(0);
  // The command is not to wait for more where its source failed: as with client-go, that is the end of its input.
  stdin.once('close', () => {
    if (!stdin.writableFinished) channels.sendEnd(0);
  });
  return {
    stdin,
    stdout: channels.channel(1),
    stderr: channels.channel(2),
    resize: channels.channel(4),
    ended: channels.closed.then(({ reason }) => ({ outcome: outcome(), reason })),
    terminate: () => channels.terminate(),
  };
}
