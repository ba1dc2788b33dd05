/** `up --detach`: starts the detached process, and says what it says when the cluster is ready. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../lib/make-directory.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { release, startDetachedProcess } from '../detached-process.ts';
import { dataRoot } from './paths.ts';
import type { UpPlan } from './up-plan.ts';

/** What the detached process tells its parent, once. */
export type DetachedMessage = { ready: { stdout: string } } | { failed: { message: string } };

export async function startDetached(
  plan: UpPlan,
  { io, signal }: { io: CommandIo; signal: AbortSignal },
): Promise<number> {
  const log = join(dataRoot(io.env), 'log', `${plan.name}.log`);
  await makeDirectory(dirname(log), 0o700);
  const start = await startDetachedProcess<DetachedMessage>(log, { io, signal });
  if (start.told === undefined) {
    const tail = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join('\n');
    throw new CommandError(
      `the cluster ended with exit code ${start.exitCode ?? 'none'} before it was ready: ${tail} (log: ${log})`,
    );
  }
  if ('failed' in start.told) throw new CommandError(start.told.failed.message);
  release(start.child);
  io.stdout.write(start.told.ready.stdout);
  return 0;
}
