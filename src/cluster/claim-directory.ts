/** A node's data directory is one process's at a time: two would take each other's pods for leftovers. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isRecord } from '../lib/is-record.ts';

/** Nothing is kept in it: that it is open is the claim, which the kernel drops with the process. */
const claimFile = 'claim';
const ownerFile = 'claimed-by';

/** Claims the directory, which exists, for the node of this name until it is disposed of. Throws one sentence that says who has it. */
export async function claimDirectory(directory: string, name: string): Promise<AsyncDisposable> {
  const claim = new DatabaseSync(join(directory, claimFile), { timeout: 0 });
  try {
    claim.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    claim.close();
    throw new Error(
      `the data directory ${directory} is in use by ${await ownerOf(directory)}, and serves one node at a time: ` +
        'stop that one first, or choose another directory with --data (in the same cluster another --name, too)',
      { cause },
    );
  }
  const owner = join(directory, ownerFile);
  await writeFile(owner, JSON.stringify({ name, pid: process.pid }), { mode: 0o600 });
  return {
    async [Symbol.asyncDispose]() {
      await rm(owner, { force: true });
      claim.close();
    },
  };
}

async function ownerOf(directory: string): Promise<string> {
  try {
    const owner: unknown = JSON.parse(await readFile(join(directory, ownerFile), 'utf8'));
    if (isRecord(owner) && typeof owner.name === 'string' && typeof owner.pid === 'number') {
      return `the node "${owner.name}" (process ${owner.pid})`;
    }
  } catch {
    // It has just begun, or is just ending.
  }
  return 'another node';
}
