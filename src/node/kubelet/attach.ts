/** /attach/NAMESPACE/POD/CONTAINER over WebSocket or SPDY: the main process's own streams, from now on. */
import { cutOffStatus, finishUntil } from './exec-session.ts';
import { openSession } from './open-session.ts';
import type { PodHandle } from './pod-access.ts';
import { askedStreams, runningContainer } from './remote-command.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

/** Throws `HttpError` before the upgrade. Resolves when the container has ended, or the client has gone. */
export async function serveAttach(
  handle: PodHandle,
  containerName: string,
  query: URLSearchParams,
  upgrade: UpgradeRequest,
  signal: AbortSignal,
): Promise<void> {
  const streams = askedStreams(query);
  const running = runningContainer(handle, containerName);
  const session = await openSession(upgrade, streams, signal);
  if (session === undefined) return;
  const { stdin, stdout, stderr, terminal, gone } = session;
  const outcome = await running.attach({
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(terminal === undefined ? {} : { terminal }),
    endsStdin: handle.container(containerName)?.spec.stdinOnce === true,
    signal: AbortSignal.any([signal, gone]),
  });
  if (gone.aborted) return;
  if (signal.aborted) await session.cutOff('the node is stopping');
  // It learns that once it has read what it was sent until then.
  else if (outcome === 'too slow') await finishUntil(session, cutOffStatus('the client read too slowly'), signal);
  // An attachment tells nothing of the exit code: that is in the pod's status.
  else await finishUntil(session, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' }, signal);
}
