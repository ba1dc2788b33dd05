/** Open files: what a process has, and how many connections the system's limit leaves room for. Linux only. */
import { readdir, readFile } from 'node:fs/promises';

/** Files and sockets that a process has open. */
export async function openFilesOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** What comes beside connections: libraries, listeners, watches, the programs' own files. */
const others = 300;

/** As many connections as wanted, or as are possible; says so in the name of the bench. Each takes two files of who passes it on. */
export async function connectionsWithin(bench: string, wanted: number): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const files = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const possible = Math.floor((files - others) / 2);
  if (possible >= wanted) return wanted;
  console.log(`${bench}: only ${files} open files are allowed here (ulimit -n): ${possible} connections`);
  return possible;
}
