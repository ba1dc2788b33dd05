/** kubectl's lock of a kubeconfig: whoever creates FILE.lock may write FILE. */
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectory } from '../../lib/make-directory.ts';
import { CommandError } from '../command.ts';
import { errorCode } from './error-code.ts';

/** Waits for another writer up to `patienceMs`, then throws a CommandError that names the lock. */
export async function withKubeconfigLock<T>(file: string, patienceMs: number, act: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  await makeDirectory(dirname(file), 0o700);
  const deadline = performance.now() + patienceMs;
  while (!(await create(lock))) {
    if (performance.now() > deadline) {
      throw new CommandError(
        `${file} is locked by another program that changes it (${lock} exists). Try again; if no such program runs, remove ${lock}.`,
      );
    }
    await sleep(25);
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

async function create(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600);
    await handle.close();
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
