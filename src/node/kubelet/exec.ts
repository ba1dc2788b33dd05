/** /exec/NAMESPACE/POD/CONTAINER over WebSocket or SPDY: `command`, `input`, `output`, `error` as the kubelet takes them. */
import { HandshakeError, isWebSocketRequest } from '../../net/websocket/handshake.ts';
import type { ExecExit } from '../runtime/runtime.ts';
import { openChannelExec } from './exec-channels.ts';
import type { ExecSession, ExecStreams } from './exec-session.ts';
import { HttpError } from './http-error.ts';
import type { PodHandle } from './pod-access.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

/** Throws `HttpError` before the upgrade; afterwards the outcome is a Status on the error stream. Resolves at the end. */
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
  const streams: ExecStreams = { input: isSet('input'), output: isSet('output'), error: isSet('error') };
  if (!streams.input && !streams.output && !streams.error) {
    throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr');
  }
  const runner = handle.container(containerName);
  if (runner === undefined) throw new HttpError(404, `container ${containerName} not found in pod`);
  const { running } = runner;
  if (running === undefined) throw new HttpError(500, `container ${containerName} is not running`);

  const session = await openSession(upgrade, streams, signal);
  if (session === undefined) return;
  const { stdin, stdout, stderr, gone } = session;
  const exit = await running.exec({
    argv,
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    signal: AbortSignal.any([signal, gone]),
  });
  if (gone.aborted) return;
  if (signal.aborted) session.cutOff();
  else await session.finish(exitStatus(exit));
}

/** Throws `HttpError`; undefined when the client went before it had opened its streams. */
async function openSession(
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
