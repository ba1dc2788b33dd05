/** `--detach`: the same command line once more, in a process of its own session, until it tells that it has begun. */
import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { CommandIo } from './command.ts';

/** Whether this is that process. */
export function isDetached(env: CommandIo['env']): boolean {
  return env.FAIRLEAD_DETACHED === '1' && process.send !== undefined;
}

export type DetachedStart<Message> =
  | { told: Message; child: ChildProcess }
  | { told: undefined; exitCode: number | null };

/**
 * Its output goes to the file `log`, in a directory that is there. Resolves with what it tells first, or with its exit code when it ends before; the signal
 * ends it until then.
 */
export async function startDetachedProcess<Message>(
  log: string,
  { io, signal }: { io: CommandIo; signal: AbortSignal },
): Promise<DetachedStart<Message>> {
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
  try {
    return await new Promise<DetachedStart<Message>>((resolve, reject) => {
      // Only our own `tellStarter` writes to this channel.
      child.once('message', (message) => resolve({ told: message as Message, child }));
      child.once('error', reject);
      child.once('exit', (exitCode) => resolve({ told: undefined, exitCode }));
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Leaves the process to itself: it goes on when this one ends. */
export function release(child: ChildProcess): void {
  child.disconnect();
  child.unref();
}

/** From the detached process to the one that waits for it; nothing when there is none. */
export function tellStarter(message: object): void {
  process.send?.(message, undefined, undefined, () => {
    if (process.connected) process.disconnect?.();
  });
}
