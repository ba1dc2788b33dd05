/** Pods whose node was killed go on as processes: their end, for whoever starts there again or takes the files away. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openProcessRuntime } from './runtime/process.ts';

/** Ends what killed nodes with this data directory have left, whatever their names were; living nodes' pods are spared. Returns how many processes there were. */
export async function endLeftPods(dataDir: string): Promise<number> {
  const runtime = openProcessRuntime();
  const pods = join(dataDir, 'pods');
  let ended = 0;
  for (const node of await readdir(pods).catch(() => [])) ended += await runtime.endLeftovers(join(pods, node));
  return ended;
}
