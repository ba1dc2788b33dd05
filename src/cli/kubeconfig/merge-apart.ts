/** Merging in a process of its own: reading YAML takes memory that a cluster's process would keep. */
import { programUrl } from '../../lib/program-url.ts';
import { runApart } from '../apart.ts';
import type { ContextToMerge } from './merge-context.ts';

/** As `mergeContext`. */
export async function mergeContextApart(merge: ContextToMerge): Promise<{ changed: boolean; current: boolean }> {
  const result = await runApart(programUrl('./merge-process.ts', import.meta.url), merge);
  return result as { changed: boolean; current: boolean };
}
