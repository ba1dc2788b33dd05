/** Commands in containers, and what is attached to them: the streams, and the outcome. */
import type { Readable, Writable } from 'node:stream';
import { StatusError } from '../api/status.ts';
import { isRecord } from '../lib/is-record.ts';
import { v4Channels, v5Channels } from '../net/websocket/channels.ts';
import type { ClusterClient, StreamOffer } from './cluster-client.ts';
import { commandOverChannels } from './command-channels.ts';
import { CommandCutOff } from './command-cut-off.ts';
import { commandOverSpdy } from './command-spdy.ts';
import type { CommandStreams } from './command-streams.ts';
import { isStatus, statusError } from './response-body.ts';

export interface AttachOptions {
  /** Needed where the pod has several. */
  container?: string;
  /** Opens stdin; without it the command reads nothing. */
  stdin?: boolean;
  /** A terminal: stdout and stderr come as one, on `stdout`. */
  tty?: boolean;
  /** Ends the streams; whether the command ends with them is the container's affair. */
  signal?: AbortSignal | undefined;
}

export type ExecOptions = AttachOptions;

export interface ExecSession {
  /** Ending it ends the command's stdin, and so does destroying it, as a pipeline does whose source fails. */
  readonly stdin: Writable;
  /** Both must be read (or resumed): what is not read holds up everything. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The command's exit code. Rejects with StatusError where it could not run, CommandCutOff where the connection broke before its end. */
  readonly exitCode: Promise<number>;
  /** Tells the size of the terminal that was asked for by `tty`; before the first output where it is called at once. */
  resize(size: TerminalSize): void;
}

/** In characters, each from 1 to 65535. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

export function execPath(root: string, command: string | readonly string[], options: ExecOptions): string {
  const words = typeof command === 'string' ? [command] : command;
  if (words.length === 0) throw new TypeError('exec needs a command');
  const query = streams(options);
  for (const word of words) query.append('command', word);
  return `${root}/exec?${query}`;
}

export function attachPath(root: string, options: AttachOptions): string {
  return `${root}/attach?${streams(options)}`;
}

function streams({ container, stdin = false, tty = false }: AttachOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (container !== undefined) query.set('container', container);
  if (stdin) query.set('stdin', 'true');
  query.set('stdout', 'true');
  // A terminal has one output.
  if (!tty) query.set('stderr', 'true');
  if (tty) query.set('tty', 'true');
  return query;
}

/**
 * kubectl's order: WebSocket channels, then SPDY by POST. Channels of version 4 cannot end stdin: where there is one, they
 * come last.
 */
function offersFor(path: string, stdin: boolean): StreamOffer[] {
  const webSocket = (...protocols: string[]): StreamOffer => ({ upgrade: 'websocket', path, protocols });
  // The same name over SPDY, where each stream ends apart.
  const spdy: StreamOffer = { upgrade: 'spdy', path, protocols: [v4Channels] };
  return stdin ? [webSocket(v5Channels), spdy, webSocket(v4Channels)] : [webSocket(v5Channels, v4Channels), spdy];
}

export async function openSession(
  client: ClusterClient,
  subresource: 'exec' | 'attach',
  path: string,
  { signal, stdin = false, tty = false }: AttachOptions,
): Promise<ExecSession> {
  const opened = await client.openStream({
    subresource,
    offers: offersFor(path, stdin),
    ...(signal && { signal }),
  });
  const asked = { stdin, tty };
  const streams = opened.upgrade === 'spdy' ? commandOverSpdy(opened, asked) : commandOverChannels(opened, asked);
  const cut = () => streams.terminate();
  signal?.addEventListener('abort', cut, { once: true });
  if (signal?.aborted) cut();
  const exitCode = streams.ended.then(({ outcome, reason }) => {
    signal?.removeEventListener('abort', cut);
    if (outcome.length > 0) return exitCodeOf(outcome);
    signal?.throwIfAborted();
    const why = reason === '' ? '' : `: ${reason}`;
    throw new CommandCutOff(`the connection to the command ended before the command did${why}`);
  });
  // Whoever only reads the output may leave it alone.
  exitCode.catch(() => {});
  return sessionOf(streams, exitCode);
}

function sessionOf({ stdin, stdout, stderr, resize }: CommandStreams, exitCode: Promise<number>): ExecSession {
  return {
    stdin,
    stdout,
    stderr,
    exitCode,
    resize(size) {
      resize.write(sizeMessage(size));
    },
  };
}

/** As Kubernetes takes it, over WebSocket and SPDY. Throws TypeError. */
export function sizeMessage({ columns, rows }: TerminalSize): string {
  for (const [name, value] of Object.entries({ columns, rows })) {
    if (!Number.isInteger(value) || value < 1 || value > 65535) {
      throw new TypeError(`a terminal's ${name} are a whole number from 1 to 65535, not ${value}`);
    }
  }
  return `${JSON.stringify({ Width: columns, Height: rows })}\n`;
}

/** The exit code that the Status at the end tells. */
function exitCodeOf(bytes: Buffer): number {
  let status: unknown;
  try {
    status = JSON.parse(bytes.toString('utf8'));
  } catch {
    status = undefined;
  }
  if (!isRecord(status)) throw failure('the server did not say how the command ended');
  if (status.status === 'Success') return 0;
  const causes = isRecord(status.details) && Array.isArray(status.details.causes) ? status.details.causes : [];
  const told = causes.find((cause: unknown) => isRecord(cause) && cause.reason === 'ExitCode');
  const code = isRecord(told) ? Number(told.message) : Number.NaN;
  if (status.reason === 'NonZeroExitCode' && Number.isInteger(code)) return code;
  if (isStatus(status)) throw statusError(status);
  throw failure(typeof status.message === 'string' ? status.message : 'the command could not be run');
}

function failure(message: string): StatusError {
  return new StatusError({ code: 500, reason: 'InternalError', message });
}
