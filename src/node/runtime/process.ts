/**
 * Containers as processes of this machine: each in a session of its own, with the environment it is given and nothing
 * else, the host's files and the host's user. No security boundary.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../lib/is-record.ts';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import { identifyProcess, isAlive } from '../../lib/process-identity.ts';
import type { ContainerLog } from '../logs/container-log.ts';
import { readOwnFile } from '../own-file.ts';
import { defaultSize } from '../terminal/size.ts';
import { attach } from './attach.ts';
import { AttachedOutputs } from './attached-outputs.ts';
import { copyOutput } from './copy-output.ts';
import { execute } from './execute.ts';
import { killGroup } from './kill-group.ts';
import { killMarked, MARK } from './process-table.ts';
import type { ContainerExit, ContainerLaunch, RunningContainer, Runtime } from './runtime.ts';
import type { StartedProcess } from './started-process.ts';
import { startPiped } from './started-process.ts';

/** What is kept of a run while it may have processes, so that a later start can end them. */
interface ProcessRecord {
  id: string;
  /** The process that ran it: while that lives, the run is not left behind. */
  owner: ProcessIdentity | undefined;
}

const RECORDS = 'processes';
const RECORD_BYTES = 4096;

export function openProcessRuntime(): Runtime {
  return {
    version: 'process://1',
    start,
    endPod: async (podDirectory) => {
      const records = await readRecords(podDirectory);
      await killMarked(new Set(records.map((record) => record.id)));
      await rm(join(podDirectory, RECORDS), { recursive: true, force: true });
    },
    endLeftovers: async (podsDirectory) => {
      const pods = await readdir(podsDirectory).catch(() => [] as string[]);
      const left = new Map<string, string>();
      for (const pod of pods) {
        const podDirectory = join(podsDirectory, pod);
        for (const { id, owner } of await readRecords(podDirectory)) {
          if (owner === undefined || !isAlive(owner)) left.set(id, join(podDirectory, RECORDS, id));
        }
      }
      const killed = await killMarked(new Set(left.keys()));
      for (const record of left.values()) await rm(record, { force: true });
      return killed;
    },
  };
}

async function readRecords(podDirectory: string): Promise<ProcessRecord[]> {
  const directory = join(podDirectory, RECORDS);
  const files = await readdir(directory).catch(() => [] as string[]);
  const records = await Promise.all(
    files.map(async (file) => {
      // Its name is what counts: the rest may be written halfway, or by a pod, whose user is ours.
      return { id: file, owner: await readOwner(join(directory, file)) };
    }),
  );
  return records;
}

async function readOwner(file: string): Promise<ProcessIdentity | undefined> {
  try {
    const record: unknown = JSON.parse(await readOwnFile(file, RECORD_BYTES));
    const owner = isRecord(record) ? record.owner : undefined;
    if (!isRecord(owner) || !Number.isInteger(owner.pid) || typeof owner.started !== 'string') return undefined;
    return { pid: Number(owner.pid), started: owner.started };
  } catch {
    return undefined;
  }
}

async function start(launch: ContainerLaunch): Promise<RunningContainer> {
  const id = randomBytes(32).toString('hex');
  const environment = { ...launch.environment, [MARK]: id };
  const records = join(launch.directory, RECORDS);
  const record = join(records, id);
  await mkdir(records, { recursive: true, mode: 0o700 });
  // Before the process is there, so that no crash in between can hide it.
  const owner = identifyProcess(process.pid);
  await writeFile(record, JSON.stringify({ id, owner } satisfies ProcessRecord), { mode: 0o600 });
  const startedAt = new Date();
  let started: StartedProcess;
  try {
    started = await startMain(launch, environment);
  } catch (error) {
    await rm(record, { force: true });
    throw error;
  }
  const { pid } = started;
  let isAlive = true;
  void started.exited.then(() => {
    isAlive = false;
  });
  const outputs = new AttachedOutputs();
  const exited = exitOf(started, id, { log: launch.log, outputs }, startedAt).finally(() =>
    rm(record, { force: true }),
  );
  return {
    id,
    pid,
    startedAt,
    exited,
    kill(signal) {
      if (!isAlive) return;
      // As in a container: asked to end is the main process alone, killed are all.
      if (signal === 'SIGKILL') killGroup(pid, signal);
      // In a terminal it may not have come to lead its group yet.
      started.kill(signal);
    },
    attach: (attachment) => attach(attachment, started, outputs, exited),
    exec: (exec) => execute(exec, environment, launch.workingDirectory),
  };
}

async function startMain(
  { argv, workingDirectory, stdin, tty }: ContainerLaunch,
  environment: Readonly<Record<string, string>>,
): Promise<StartedProcess> {
  const launch = { argv, environment, workingDirectory };
  if (!tty) return await startPiped(launch, stdin ? 'pipe' : 'ignore');
  const { startInTerminal } = await import('./start-in-terminal.ts');
  const started = await startInTerminal(launch, defaultSize);
  return stdin ? started : { ...started, stdin: null };
}

interface Outputs {
  log: ContainerLog;
  outputs: AttachedOutputs;
}

async function exitOf(
  started: StartedProcess,
  id: string,
  { log, outputs }: Outputs,
  startedAt: Date,
): Promise<ContainerExit> {
  const ended = started.exited.then(async (end) => {
    // As when a container's first process ends: all others of it end too, and the output is complete.
    killGroup(started.pid, 'SIGKILL');
    await killMarked(new Set([id]));
    return end;
  });
  const copies = (['stdout', 'stderr'] as const).map((stream) =>
    copyOutput(started[stream], ended, (chunk) => {
      outputs.pass(stream, chunk);
      return log.append(stream, chunk);
    }),
  );
  const { exitCode, signal } = await ended;
  await Promise.all(copies);
  started.stdin?.destroy();
  await log.close();
  return {
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt,
    finishedAt: new Date(),
  };
}
