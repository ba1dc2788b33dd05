/** The process behind the port, where the pod is one of this machine. */
import { readFile } from 'node:fs/promises';
import { findMarked } from '../../../node/runtime/process-table.ts';
import { type Outcome, ok } from '../check.ts';
import type { Facts } from '../facts.ts';
import type { PodProbe } from '../probe-pod.ts';

/** Of containers that Fairlead's node runs. */
const scheme = 'process://';

export async function checkProcess({ pods }: Facts, probes: readonly PodProbe[]): Promise<Outcome | undefined> {
  const probed = new Set(probes.map(({ pod }) => pod));
  const found: string[] = [];
  for (const { metadata, status } of pods) {
    if (!probed.has(metadata.name ?? '')) continue;
    for (const { containerID = '', name } of status?.containerStatuses ?? []) {
      if (!containerID.startsWith(scheme)) continue;
      const pids = await findMarked(new Set([containerID.slice(scheme.length)]));
      const [pid] = pids;
      if (pid === undefined) continue;
      found.push(`${metadata.name}/${name} is process ${pid} (${await commandOf(pid)})`);
    }
  }
  return found.length === 0 ? undefined : ok(`${found.slice(0, 3).join('; ')}${found.length > 3 ? '; ...' : ''}`);
}

/** The program and the script it runs; not its other arguments, which may hold secrets. */
async function commandOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [program = '', ...args] = text.split('\0');
  const script = args.find((word) => word.startsWith('/'));
  return [program, script].filter((word) => word !== undefined).join(' ');
}
