/** A directory for what the pods of a test cluster write, gone with it; what killed tests left behind goes with the next one. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifyProcess, isAlive, type ProcessIdentity } from '../lib/process-identity.ts';
import { endLeftPods } from '../node/end-left-pods.ts';

export interface ScratchDirectory extends AsyncDisposable {
  path: string;
}

const prefix = 'fairlead-testing-';
/** Says whose a directory is. */
const ownerFile = 'owner.json';

export async function openScratchDirectory(): Promise<ScratchDirectory> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(join(path, ownerFile), JSON.stringify(identifyProcess(process.pid) ?? null));
  const sweeping = sweep(tmpdir());
  return {
    path,
    async [Symbol.asyncDispose]() {
      await sweeping;
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Ends the pods of test processes that were killed, and removes their directories. Never rejects: it is a favour. */
async function sweep(directory: string): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith(prefix));
  for (const path of names.map((name) => join(directory, name))) {
    try {
      if (!(await isLeftBehind(path))) continue;
      await endLeftPods(path);
      await rm(path, { recursive: true, force: true });
    } catch {
      // Another test process sweeps too, and may have been first.
    }
  }
}

/** Somebody else's is left alone, and so is one that says nothing of its owner: it may be a moment old. */
async function isLeftBehind(path: string): Promise<boolean> {
  const facts = await stat(path);
  if (facts.uid !== process.getuid?.()) return false;
  const owner = await readOwner(path);
  return owner !== undefined && !isAlive(owner);
}

async function readOwner(path: string): Promise<ProcessIdentity | undefined> {
  const value: unknown = JSON.parse(await readFile(join(path, ownerFile), 'utf8'));
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('pid' in value && 'started' in value)) return undefined;
  const { pid, started } = value;
  return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
}
