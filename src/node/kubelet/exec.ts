/** /exec/NAMESPACE/POD/CONTAINER over WebSocket or SPDY: `command`, `input`, `output`, `error` as the kubelet takes them. */
import type { ExecExit } from '../runtime/runtime.ts';
import { terminalObstacle } from '../terminal/binding.ts';
import { finishUntil } from './exec-session.ts';
import { HttpError } from './http-error.ts';
import { openSession } from './open-session.ts';
import type { PodHandle } from './pod-access.ts';
import { askedStreams, runningContainer } from './remote-command.ts';
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
  if (argv.length === 0) throw new HttpError(400, 'you must specify at least 1 command');
  const streams = askedStreams(query);
  const running = runningContainer(handle, containerName);
  const obstacle = streams.terminal ? terminalObstacle() : undefined;
  if (obstacle !== undefined) throw new HttpError(400, `${obstacle}: leave out -t (tty)`);
  const session = await openSession(upgrade, streams, signal);
  if (session === undefined) return;
  const { stdin, stdout, stderr, terminal, gone } = session;
  const exit = await running.exec({
    argv,
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(terminal === undefined ? {} : { terminal }),
    signal: AbortSignal.any([signal, gone]),
  });
  if (gone.aborted) return;
  if (signal.aborted) await session.cutOff('the node is stopping');
  else await finishUntil(session, exitStatus(exit), signal);
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
