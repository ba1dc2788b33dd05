/** How many connections the limit of open files (`ulimit -n`) allows; each takes two. */
import { readFile } from 'node:fs/promises';

/** Listeners, probes, logs and what Node itself has open. */
const others = 300;

/** Undefined where the system does not tell (only Linux does), or sets no limit. */
export async function connectionsWithinOpenFiles(): Promise<number | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  // Node raises the soft limit to the hard one when it starts.
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? undefined : Math.max(1, Math.floor((Number(hard) - others) / 2));
}
