/** A directory in which nodes keep their data is one process's at a time: two would take each other's pods for leftovers. */
import { closeSync, openSync, statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isRecord } from '../lib/is-record.ts';

/** Nothing is kept in it: that it is open is the claim, which the kernel drops with the process. */
const claimFile = 'claim';
const ownerFile = 'claimed-by';

/**
 * Claims the directory, which exists, until it is disposed of; `who` is told to whom it is refused: `the node "a"`. Throws one
 * sentence that says who has it, or why it cannot be claimed.
 */
export async function claimDirectory(directory: string, who: string): Promise<AsyncDisposable> {
  const file = join(directory, claimFile);
  let claim: DatabaseSync | undefined;
  try {
    makeClaimFile(file);
    claim = new DatabaseSync(file, { timeout: 0 });
    claim.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    claim?.close();
    if (!isBusy(cause)) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `the data directory ${directory} cannot be claimed, since ${file} does not open (${why}): nothing is kept in it, ` +
          'so remove it, check the rights of the directory, or choose another one with --data',
        { cause },
      );
    }
    throw new Error(
      `the data directory ${directory} is in use by ${await ownerOf(directory)}, and serves one node at a time: ` +
        'stop that one first, or choose another directory with --data (in the same cluster another --name, too)',
      { cause },
    );
  }
  const owner = join(directory, ownerFile);
  const held = claim;
  await writeFile(owner, JSON.stringify({ who, pid: process.pid }), { mode: 0o600 });
  return {
    async [Symbol.asyncDispose]() {
      await rm(owner, { force: true });
      held.close();
    },
  };
}

/** SQLite would make one that others can open, who could then claim it for ever. */
function makeClaimFile(file: string): void {
  // Whatever descriptor of it this process closes drops the claim that the process may already have on it.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return;
  closeSync(openSync(file, 'a', 0o600));
}

/** By SQLite's primary result codes, SQLITE_BUSY and SQLITE_LOCKED. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  const code = error.errcode & 0xff;
  return code === 5 || code === 6;
}

async function ownerOf(directory: string): Promise<string> {
  try {
    const owner: unknown = JSON.parse(await readFile(join(directory, ownerFile), 'utf8'));
    if (isRecord(owner) && typeof owner.who === 'string' && typeof owner.pid === 'number') {
      return `${owner.who} (process ${owner.pid})`;
    }
  } catch {
    // It has just begun, or is just ending.
  }
  return 'another process';
}
