/**
 * Finds the processes of our containers in /proc, by a random mark in their environment that nobody else has.
 * The mark survives setsid and double forks, which a process group does not. Without /proc nothing is found.
 */
import { readdir, readFile } from 'node:fs/promises';

/** The variable whose value is the container's id. */
export const MARK = 'FAIRLEAD_CONTAINER_ID';

/** Pids of living processes that carry one of the marks. */
export async function findMarked(ids: ReadonlySet<string>): Promise<number[]> {
  if (ids.size === 0) return [];
  const entries = await readdir('/proc').catch(() => [] as string[]);
  const found: number[] = [];
  for (const entry of entries) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    // Other users' processes cannot be read, and are not ours.
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
    const at = environment.startsWith(`${MARK}=`) ? 0 : environment.indexOf(`\0${MARK}=`) + 1;
    if (at === 0 && !environment.startsWith(`${MARK}=`)) continue;
    const start = at + MARK.length + 1;
    const end = environment.indexOf('\0', start);
    if (ids.has(environment.slice(start, end === -1 ? undefined : end))) found.push(Number(entry));
  }
  return found;
}

/** Kills all marked processes and waits until none is left. Returns how many there were. */
export async function killMarked(ids: ReadonlySet<string>): Promise<number> {
  const killed = new Set<number>();
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const pids = await findMarked(ids);
    if (pids.length === 0) return killed.size;
    for (const pid of pids) {
      killed.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone in between.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
