/** A command's streams as channels of a WebSocket: 0 stdin, 1 stdout, 2 stderr, 3 the outcome, 4 the terminal's size. */
import type { Duplex } from 'node:stream';
import { clientPingMs } from '../net/pings.ts';
import { Channels } from '../net/websocket/channels.ts';
import type { OpenedStream } from './cluster-client.ts';
import { type CommandInputs, type CommandStreams, closedInput, collectOutcome } from './command-streams.ts';

const channelCount = 5;

/**
 * Of an input that was not asked for nothing is sent, not even its end: where that reaches a kube-apiserver that has ended
 * already, its kernel resets the connection and throws away what is still to be read.
 */
export function commandOverChannels({ stream, protocol }: OpenedStream, asked: CommandInputs): CommandStreams {
  const channels = new Channels(stream, {
    role: 'client',
    subprotocol: protocol,
    count: channelCount,
    pingIntervalMs: clientPingMs,
  });
  const outcome = collectOutcome(channels.channel(3));
  // What nobody sends must not be waited for.
  for (const input of [0, 4]) channels.channel(input).resume();
  return {
    stdin: asked.stdin ? stdinOf(channels) : closedInput('stdin was not asked for'),
    stdout: channels.channel(1),
    stderr: channels.channel(2),
    resize: asked.tty ? channels.channel(4) : closedInput('a terminal was not asked for'),
    ended: channels.closed.then(({ reason }) => ({ outcome: outcome(), reason })),
    terminate: () => channels.terminate(),
  };
}

function stdinOf(channels: Channels): Duplex {
  const stdin = channels.channel(0);
  // The command is not to wait for more where its source failed: as with client-go, that is the end of its input.
  stdin.once('close', () => {
    if (!stdin.writableFinished) channels.sendEnd(0);
  });
  return stdin;
}
