/** A pod that was just made, at the user's terminal until its end. */
import type { Pod } from '../../api/types/core-v1.ts';
import { containerStatus } from '../../client/log/container-runs.ts';
import { openPod } from '../../client/pod.ts';
import { Progress } from '../cluster/progress.ts';
import { CommandError } from '../command.ts';
import type { Objects } from '../objects/open-objects.ts';
import { escapeControls } from '../print/escape.ts';
import { type AttachSession, attachTo } from './attach-session.ts';
import { logFirst } from './log-first.ts';
import { ByteOutput } from './output.ts';
import { isReady } from './pod-order.ts';
import { podOverTime } from './pod-states.ts';

export interface RunAttached extends AttachSession {
  objects: Objects;
  timeoutMs: number;
  /** The exit code is the container's, which ends for good. */
  waitsForEnd: boolean;
}

/** Returns the exit code. Throws CommandError, StatusError. */
export async function runAttached(made: Pod, options: RunAttached): Promise<number> {
  const { objects, io, signal } = options;
  const { client } = objects.reader;
  const started = await waitFor(
    made,
    options,
    (pod) => isOver(pod) || (pod.status?.phase === 'Running' && isReady(pod)),
  );
  if (isOver(started)) await printLogs(started, options);
  else {
    const { name = '', namespace = '' } = made.metadata;
    const container = containerOf(started);
    const elsewhere = `fairlead logs ${name} -n ${namespace}`;
    const warn = (line: string) => io.stderr.write(escapeControls(`warning: ${line}\n`));
    let isAttached = false;
    try {
      const { code, detached } = await attachTo(client, started, {
        ...options,
        through: (session) => {
          isAttached = true;
          const openLog = () => openPod(client, namespace, name).rawLog({ container, signal });
          return logFirst(session, openLog, ({ message }) => {
            if (!signal.aborted) warn(`what pod/${name} wrote before may be missing (${message}): ${elsewhere}`);
          });
        },
      });
      if (detached || signal.aborted) return code;
    } catch (error) {
      if (signal.aborted) throw error;
      const why = error instanceof Error ? error.message : String(error);
      if (isAttached)
        warn(`the attachment to pod/${name} broke off (${why}), what it wrote since is in its log: ${elsewhere}`);
      else {
        warn(`could not attach to pod/${name} (${why}); its log:`);
        await printLogs(started, options);
      }
    }
  }
  if (!options.waitsForEnd) return 0;
  const ended = await waitFor(made, options, isOver);
  return exitCode(ended, io);
}

function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

async function waitFor(made: Pod, options: RunAttached, isWanted: (pod: Pod) => boolean): Promise<Pod> {
  const { objects, io, signal, timeoutMs } = options;
  const { name = '', namespace = '' } = made.metadata;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const progress = new Progress(io.stderr);
  let last = made;
  if (!options.quiet) progress.begin(`Waiting for pod ${namespace}/${name}`);
  try {
    for await (const pod of podOverTime(objects, { namespace, name }, limit)) {
      if (pod === undefined) throw new CommandError(`pod ${namespace}/${name} was deleted meanwhile`);
      last = pod;
      if (isWanted(pod)) return pod;
    }
  } finally {
    progress.end();
  }
  signal.throwIfAborted();
  const [container] = last.spec?.containers ?? [];
  const waiting = container && containerStatus(last, container.name)?.state?.waiting;
  const why = [waiting?.reason, waiting?.message].filter(Boolean).join(': ');
  throw new CommandError(
    `timed out after ${timeoutMs / 1000} s waiting for pod ${namespace}/${name}: it is ${last.status?.phase ?? 'Pending'}${why === '' ? '' : ` (${why})`}`,
  );
}

async function printLogs(pod: Pod, { objects, io, signal }: RunAttached): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata;
  const output = new ByteOutput(io);
  const body = await openPod(objects.reader.client, namespace, name).rawLog({ container: containerOf(pod), signal });
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) await output.write(chunk);
  } finally {
    body.destroy();
  }
}

/** The only one of a pod that `run` made. */
function containerOf(pod: Pod): string {
  return pod.spec?.containers[0]?.name ?? '';
}

function exitCode(pod: Pod, { stderr }: Pick<RunAttached['io'], 'stderr'>): number {
  if (pod.status?.phase === 'Succeeded') return 0;
  const { name = '', namespace = '' } = pod.metadata;
  const terminated = pod.status?.containerStatuses?.[0]?.state?.terminated;
  if (terminated === undefined || terminated.exitCode === 0) {
    throw new CommandError(`pod ${namespace}/${name} failed, and does not tell with which exit code`);
  }
  const { reason = 'Error', message } = terminated;
  const more = message === undefined ? '' : `: ${message}`;
  stderr.write(escapeControls(`pod ${namespace}/${name} terminated (${reason})${more}\n`));
  return terminated.exitCode;
}
