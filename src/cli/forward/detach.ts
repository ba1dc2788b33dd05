/** `forward --detach`: the same command line once more, in a process of its own session, until it says that it has begun. */
import { spawn } from 'node:child_process';
import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../lib/make-directory.ts';
import type { CommandIo } from '../command.ts';
import { CommandError } from '../command.ts';
import { recordsDirectory } from '../proxy/running-gateways.ts';
import type { ForwardStatus } from './forward.ts';

/** What the detached process tells its parent, once. */
interface Begun {
  forwards: readonly ForwardStatus[];
}

export function isDetached(env: CommandIo['env']): boolean {
  return env.FAIRLEAD_DETACHED === '1' && process.send !== undefined;
}

/** Throws CommandError where none of the forwards could begin. */
export async function detachForwards(
  io: CommandIo,
  signal: AbortSignal,
): Promise<{ pid: number; log: string } & Begun> {
  const log = join(recordsDirectory(io.env), 'log', `forward-${process.pid}.log`);
  await makeDirectory(dirname(log), 0o700);
  await removeOldLogs(dirname(log));
  const file = await open(log, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--detach=false'], {
    cwd: io.cwd,
    env: { ...io.env, FAIRLEAD_DETACHED: '1' },
    detached: true,
    stdio: ['ignore', file.fd, file.fd, 'ipc'],
  });
  await file.close();
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const begun = await new Promise<Begun | undefined>((resolve, reject) => {
    // Only our own `tellBegun` writes to this channel.
    child.once('message', (message) => resolve(message as Begun));
    child.once('error', reject);
    child.once('exit', () => resolve(undefined));
  });
  signal.removeEventListener('abort', stop);
  if (begun === undefined) {
    const said = (await readFile(log, 'utf8').catch(() => '')).trim().replace(/^error: /, '');
    throw new CommandError(said === '' ? 'the process that forwards ended at once' : said);
  }
  child.disconnect();
  child.unref();
  return { ...begun, pid: child.pid ?? 0, log };
}

/** From the detached process to the one that waits for it; nothing when there is none. */
export function tellBegun(forwards: readonly ForwardStatus[]): void {
  process.send?.({ forwards } satisfies Begun, undefined, undefined, () => {
    if (process.connected) process.disconnect?.();
  });
}

const logsKeptMs = 7 * 24 * 3_600_000;

async function removeOldLogs(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    const found = await stat(file).catch(() => undefined);
    // That of a process which runs on is written to without its name.
    if (found !== undefined && Date.now() - found.mtimeMs > logsKeptMs) await rm(file, { force: true });
  }
}
