/**
 * Containers as processes of this machine: each in a session of its own, with the environment it is given and nothing
 * else, the host's files and the host's user. No security boundary.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isRecord } from '../../lib/is-record.ts';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import { identifyProcess, isAlive } from '../../lib/process-identity.ts';
import type { ContainerLog, LogStream } from '../logs/container-log.ts';
import { readOwnFile } from '../own-file.ts';
import { AttachedOutputs } from './attached-outputs.ts';
import { killMarked, MARK } from './process-table.ts';
import type {
  Attachment,
  ContainerExit,
  ContainerLaunch,
  ExecExit,
  ExecLaunch,
  RunningContainer,
  Runtime,
} from './runtime.ts';
import { StartFailure } from './runtime.ts';

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
  let child: ChildProcess;
  try {
    child = await launched(launch.argv, environment, launch.workingDirectory, launch.stdin ? 'pipe' : 'ignore');
  } catch (error) {
    await rm(record, { force: true });
    throw error;
  }
  const pid = child.pid ?? 0;
  const running = { alive: true };
  const outputs = new AttachedOutputs();
  const exited = exitOf(child, id, { log: launch.log, outputs }, startedAt, running).finally(() =>
    rm(record, { force: true }),
  );
  return {
    id,
    pid,
    startedAt,
    exited,
    kill(signal) {
      if (!running.alive) return;
      // As in a container: asked to end is the main process alone, killed are all.
      if (signal === 'SIGKILL') killGroup(pid, signal);
      else child.kill(signal);
    },
    attach: (attachment) => attach(attachment, child, outputs, exited),
    exec: (exec) => execute(exec, environment, launch.workingDirectory),
  };
}

/** Resolves when the program runs. Throws `StartFailure`. */
async function launched(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  stdin: 'pipe' | 'ignore',
): Promise<ChildProcess> {
  const [program = '', ...args] = argv;
  try {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: [stdin, 'pipe', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.on('error', () => {});
    // A process that does not read its input, or is gone, is no failure of who writes to it.
    child.stdin?.on('error', () => {});
    return child;
  } catch (error) {
    throw new StartFailure(startErrorText(program, cwd, error as NodeJS.ErrnoException), { cause: error });
  }
}

function startErrorText(program: string, cwd: string, error: NodeJS.ErrnoException): string {
  const what = JSON.stringify(program);
  if (error.code === 'ENOENT') {
    return program.includes('/')
      ? `exec: ${what}: no such file, or the working directory ${cwd} does not exist`
      : `exec: ${what}: executable file not found in $PATH`;
  }
  if (error.code === 'EACCES') return `exec: ${what}: permission denied`;
  return `exec: ${what}: ${error.message}`;
}

interface Outputs {
  log: ContainerLog;
  outputs: AttachedOutputs;
}

async function exitOf(
  child: ChildProcess,
  id: string,
  { log, outputs }: Outputs,
  startedAt: Date,
  running: { alive: boolean },
): Promise<ContainerExit> {
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      running.alive = false;
      // As when a container's first process ends: all others of it end too, and the output is complete.
      killGroup(child.pid ?? 0, 'SIGKILL');
      resolve({ code, signal });
    });
  });
  const copies = (['stdout', 'stderr'] as const).map((stream) => copyOutput(child[stream], stream, { log, outputs }));
  const { code, signal } = await exited;
  await killMarked(new Set([id]));
  // Where processes that left the group cannot be found, they may hold the pipes open: no more is waited for.
  const drained = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, 500);
  await Promise.all(copies);
  clearTimeout(drained);
  child.stdin?.destroy();
  await log.close();
  const number = signal === null ? undefined : constants.signals[signal];
  const exitCode = number === undefined ? (code ?? 0) : 128 + number;
  return {
    exitCode,
    ...(number === undefined ? {} : { signal: number }),
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt,
    finishedAt: new Date(),
  };
}

async function copyOutput(source: Readable | null, stream: LogStream, { log, outputs }: Outputs): Promise<void> {
  if (source === null) return;
  try {
    for await (const chunk of source) {
      outputs.pass(stream, chunk as Buffer);
      await log.append(stream, chunk as Buffer);
    }
  } catch {
    // Cut off after the end of the container.
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing left in the group.
  }
}

async function attach(
  { stdin, stdout, stderr, endsStdin, signal }: Attachment,
  child: ChildProcess,
  outputs: AttachedOutputs,
  exited: Promise<unknown>,
): Promise<'ended' | 'too slow'> {
  const slow = Promise.withResolvers<'too slow'>();
  const left = Promise.withResolvers<'ended'>();
  const leave = () => left.resolve('ended');
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  const detach = outputs.add({
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    tooSlow: () => slow.resolve('too slow'),
  });
  const input = child.stdin;
  if (input === null) stdin?.resume();
  else stdin?.pipe(input, { end: endsStdin });
  const outcome = await Promise.race([slow.promise, left.promise, exited.then(() => 'ended' as const)]);
  signal.removeEventListener('abort', leave);
  detach();
  if (input !== null && stdin !== undefined) {
    stdin.unpipe(input);
    stdin.resume();
    if (endsStdin) input.end();
  }
  return outcome;
}

async function execute(
  exec: ExecLaunch,
  environment: Readonly<Record<string, string>>,
  workingDirectory: string,
): Promise<ExecExit> {
  let child: ChildProcess;
  try {
    child = await launched(exec.argv, environment, workingDirectory, exec.stdin === undefined ? 'ignore' : 'pipe');
  } catch (error) {
    return { exitCode: 126, startError: (error as Error).message };
  }
  const pid = child.pid ?? 0;
  const end = () => killGroup(pid, 'SIGKILL');
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]));
  });
  exec.signal.addEventListener('abort', end);
  if (exec.signal.aborted) end();
  if (exec.stdin !== undefined && child.stdin !== null) pipeline(exec.stdin, child.stdin).catch(() => {});
  const copies = [pump(child.stdout, exec.stdout), pump(child.stderr, exec.stderr)];
  const exitCode = await exited;
  exec.signal.removeEventListener('abort', end);
  // Children in the background that keep the output open get the same short time as a container's.
  const drained = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, 500);
  await Promise.all(copies);
  clearTimeout(drained);
  end();
  exec.stdin?.destroy();
  return { exitCode };
}

/** Copies with backpressure; a reader that went away does not stop the command. */
async function pump(source: Readable | null, target: NonNullable<ExecLaunch['stdout']> | undefined): Promise<void> {
  if (source === null) return;
  try {
    for await (const chunk of source) {
      if (target === undefined || target.destroyed) continue;
      if (!target.write(chunk)) {
        await new Promise<void>((resolve) => {
          const done = () => {
            target.off('drain', done);
            target.off('close', done);
            resolve();
          };
          target.on('drain', done);
          target.on('close', done);
        });
      }
    }
  } catch {
    // Cut off after the end of the command.
  }
}
