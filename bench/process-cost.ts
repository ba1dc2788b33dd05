/** What a process of this machine has cost so far. Linux only. */
import { readFile } from 'node:fs/promises';

/** User and system time in microseconds: fields 14 and 15 of proc(5) stat, in ticks of 10 ms. */
export async function cpuMicroseconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
