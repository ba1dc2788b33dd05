/** `up --detach`: the same command line once more, in a process of its own session, until it says that it is ready. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../lib/make-directory.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { dataRoot } from './paths.ts';
import type { UpPlan } from './up-plan.ts';

/** What the detached process tells its parent, once. */
export type DetachedMessage = { ready: { stdout: string } } | { failed: { message: string } };

export function detachedEnvironment(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.FAIRLEAD_DETACHED === '1' && process.send !== undefined;
}

export async function startDetached(
  plan: UpPlan,
  { io, signal }: { io: CommandIo; signal: AbortSignal },
): Promise<number> {
  const log = join(dataRoot(io.env), 'log', `${plan.name}.log`);
  await makeDirectory(dirname(log), 0o700);
  const file = await open(log, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--detach=false'], {
    cwd: io.cwd,
    env: { ...io.env, FAIRLEAD_DETACHED: '1' },
    detached: true,
    stdio: ['ignore', file.fd, file.fd, 'ipc'],
  });
  await file.close();
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const message = await new Promise<DetachedMessage>((resolve, reject) => {
    child.once('message', (value) => {
      // Only our own `tellParent` writes to this channel.
      resolve(value as DetachedMessage);
    });
    child.once('error', reject);
    child.once('exit', async (code) => {
      const tail = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join('\n');
      resolve({
        failed: {
          message: `the cluster ended with exit code ${code ?? 'none'} before it was ready: ${tail} (log: ${log})`,
        },
      });
    });
  });
  signal.removeEventListener('abort', stop);
  if ('failed' in message) throw new CommandError(message.failed.message);
  child.disconnect();
  child.unref();
  io.stdout.write(message.ready.stdout);
  return 0;
}

/** From the detached process to the `up` that waits for it; nothing when there is none. */
export function tellParent(message: DetachedMessage): void {
  process.send?.(message, undefined, undefined, () => {
    if (process.connected) process.disconnect?.();
  });
}
