/** Puts in order what a cluster that was killed could not. */
import { endLeftPods } from '../../node/end-left-pods.ts';
import { deleteDataDirectory, isDataDirectory } from './data-directory.ts';
import type { ClusterRecord } from './record.ts';

/** Ends the processes of its pods, and removes what a cluster in memory had of files. Returns how many processes there were. */
export async function clearAfterKill({ directory, keepsData }: ClusterRecord): Promise<number> {
  if (!(await isDataDirectory(directory))) return 0;
  return keepsData ? await endLeftPods(directory) : await deleteDataDirectory(directory);
}
