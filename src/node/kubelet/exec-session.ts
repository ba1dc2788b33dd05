/** What a command in a container, or an attachment to it, needs of whatever protocol its client speaks. */
import type { Readable, Writable } from 'node:stream';
import type { TerminalSizes } from '../terminal/size.ts';

export interface ExecStreams {
  input: boolean;
  output: boolean;
  error: boolean;
  /** In a terminal, whose size the client tells. */
  terminal: boolean;
}

/** The streams that were asked for, and the ways in which the exchange can end. */
export interface ExecSession {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  terminal?: TerminalSizes;
  /** Fires when the client is gone. */
  gone: AbortSignal;
  /** All output goes out, then the Status that tells the outcome; resolves when the connection is over. */
  finish(status: object): Promise<void>;
  /** Ends the exchange so that the client can see that it was cut off. */
  cutOff(reason: string): Promise<void>;
}

/** All output and the status go out, as `finish` sends them; cut short when the signal fires: a node that stops waits for no client. */
export async function finishUntil(session: ExecSession, status: object, signal: AbortSignal): Promise<void> {
  const cut = () => void session.cutOff('the node is stopping');
  signal.addEventListener('abort', cut, { once: true });
  try {
    await session.finish(status);
  } finally {
    signal.removeEventListener('abort', cut);
  }
}

/** The Status of an exchange that was not brought to its end. */
export function cutOffStatus(reason: string): object {
  const message = `the stream was cut off: ${reason}`;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'InternalError',
    code: 500,
  };
}
