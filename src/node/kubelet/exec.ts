/** GET /exec/NAMESPACE/POD/CONTAINER as a WebSocket: `command`, `input`, `output`, `error` as the kubelet takes them. */
import type { Duplex } from 'node:stream';
import type { HeaderLines } from '../../net/http1/upstream.ts';
import { Channels, channelSubprotocols } from '../../net/websocket/channels.ts';
import { answerHandshake, HandshakeError } from '../../net/websocket/handshake.ts';
import type { ExecExit } from '../runtime/runtime.ts';
import { HttpError } from './http-error.ts';
import type { PodHandle } from './pod-access.ts';

const [STDIN, STDOUT, STDERR, ERROR] = [0, 1, 2, 3];
const CHANNELS = 5;
const PING_MS = 30_000;

export interface UpgradeRequest {
  method: string;
  headers: HeaderLines;
  socket: Duplex;
}

/** Throws `HttpError` before the upgrade; afterwards the outcome is a Status on channel 3. Resolves at the end. */
export async function serveExec(
  handle: PodHandle,
  containerName: string,
  query: URLSearchParams,
  upgrade: UpgradeRequest,
  signal: AbortSignal,
): Promise<void> {
  const argv = query.getAll('command');
  const isSet = (name: string) => query.get(name) === '1' || query.get(name) === 'true';
  if (isSet('tty')) throw new HttpError(400, 'exec with a terminal (tty) is not supported: leave out -t');
  if (argv.length === 0) throw new HttpError(400, 'you must specify at least 1 command');
  const [input, output, error] = [isSet('input'), isSet('output'), isSet('error')];
  if (!input && !output && !error) throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr');
  const runner = handle.container(containerName);
  if (runner === undefined) throw new HttpError(404, `container ${containerName} not found in pod`);
  const { running } = runner;
  if (running === undefined) throw new HttpError(500, `container ${containerName} is not running`);

  const { subprotocol, head } = handshake(upgrade);
  upgrade.socket.write(head);
  const channels = new Channels(upgrade.socket, {
    role: 'server',
    subprotocol,
    count: CHANNELS,
    pingIntervalMs: PING_MS,
  });
  const gone = new AbortController();
  void channels.closed.then(() => gone.abort());
  // Channels that the command has no use for are read and forgotten, so that they hold nothing up.
  for (const number of input ? [STDOUT, STDERR, ERROR, 4] : [STDIN, STDOUT, STDERR, ERROR, 4]) {
    channels.channel(number).resume();
  }
  const exit = await running.exec({
    argv,
    ...(input ? { stdin: channels.channel(STDIN) } : {}),
    ...(output ? { stdout: channels.channel(STDOUT) } : {}),
    ...(error ? { stderr: channels.channel(STDERR) } : {}),
    signal: AbortSignal.any([signal, gone.signal]),
  });
  if (gone.signal.aborted) return;
  if (signal.aborted) {
    channels.terminate();
    return;
  }
  // All output goes first: an empty write calls back when those before it are through.
  await Promise.all([flushed(channels.channel(STDOUT), ''), flushed(channels.channel(STDERR), '')]);
  await flushed(channels.channel(ERROR), JSON.stringify(exitStatus(exit)));
  channels.close(1000);
  await channels.closed;
}

function flushed(channel: Duplex, text: string): Promise<void> {
  return new Promise((resolve) => channel.write(text, () => resolve()));
}

function handshake({ method, headers }: UpgradeRequest): { subprotocol: string; head: string } {
  try {
    const { subprotocol, head } = answerHandshake(method, headers, channelSubprotocols);
    if (subprotocol === undefined) {
      throw new HttpError(400, `a subprotocol is needed; served are: ${channelSubprotocols.join(', ')}`);
    }
    return { subprotocol, head };
  } catch (error) {
    if (error instanceof HandshakeError) throw new HttpError(error.status, error.message);
    throw error;
  }
}

/** After `pkg/kubelet/.../remotecommand`: how clients learn a command's exit code. */
function exitStatus({ exitCode, startError }: ExecExit): object {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {} };
  if (startError !== undefined) {
    const message = `Internal error occurred: error executing command in container: ${startError}`;
    const details = { causes: [{ message }] };
    return { ...base, status: 'Failure', message, reason: 'InternalError', details, code: 500 };
  }
  if (exitCode === 0) return { ...base, status: 'Success' };
  return {
    ...base,
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
