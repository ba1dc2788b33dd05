/** `forward --detach`: starts the detached process, and tells what it has begun. */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../lib/make-directory.ts';
import type { CommandIo } from '../command.ts';
import { CommandError } from '../command.ts';
import { release, startDetachedProcess, tellStarter } from '../detached-process.ts';
import { recordsDirectory } from '../proxy/running-gateways.ts';
import type { ForwardStatus } from './forward.ts';

/** What the detached process tells its parent, once. */
interface Begun {
  forwards: readonly ForwardStatus[];
}

/** Throws CommandError where none of the forwards could begin. */
export async function detachForwards(
  io: CommandIo,
  signal: AbortSignal,
): Promise<{ pid: number; log: string } & Begun> {
  const log = join(recordsDirectory(io.env), 'log', `forward-${process.pid}.log`);
  await makeDirectory(dirname(log), 0o700);
  await removeOldLogs(dirname(log));
  const start = await startDetachedProcess<Begun>(log, { io, signal });
  if (start.told === undefined) {
    const said = (await readFile(log, 'utf8').catch(() => '')).trim().replace(/^error: /, '');
    throw new CommandError(said === '' ? 'the process that forwards ended at once' : said);
  }
  release(start.child);
  return { ...start.told, pid: start.child.pid ?? 0, log };
}

/** From the detached process to the one that waits for it; nothing when there is none. */
export function tellBegun(forwards: readonly ForwardStatus[]): void {
  tellStarter({ forwards } satisfies Begun);
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
