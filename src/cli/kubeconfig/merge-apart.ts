/** Merging in a process of its own: reading YAML takes memory that a cluster's process, which lives long, would keep. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { CommandError } from '../command.ts';
import type { ContextToMerge } from './merge-context.ts';

export type MergeAnswer = { result: { changed: boolean; current: boolean } } | { error: string };

/** As `mergeContext`. */
export async function mergeContextApart(merge: ContextToMerge): Promise<{ changed: boolean; current: boolean }> {
  const program = new URL('./merge-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  // By its input, not its arguments, which everybody on this machine may read.
  child.stdin.end(JSON.stringify(merge));
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the process that merges the kubeconfig ended with ${code}`);
  // Our own program wrote it.
  const answer = JSON.parse(said) as MergeAnswer;
  if ('error' in answer) throw new CommandError(answer.error);
  return answer.result;
}
