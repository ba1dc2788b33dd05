/** A cluster's directory: made on first use, recognised by a marker file, never shared with anything else. */
import { access, constants, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from '../../lib/make-directory.ts';
import { CommandError } from '../command.ts';

const markerName = 'fairlead-cluster';
/** The layout of the directory; a newer one is refused. */
const layoutVersion = 1;

/** Makes the directory, or checks that it is one of ours and can be written. Throws `CommandError` and changes nothing else. */
export async function prepareDataDirectory(directory: string): Promise<void> {
  let entries: string[];
  try {
    await makeDirectory(directory, 0o700);
    entries = await readdir(directory);
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CommandError(
      `cannot use the data directory ${directory} (${reasonOf(error)}): choose another with --data`,
    );
  }
  if (entries.length === 0) {
    await writeFile(join(directory, markerName), `${layoutVersion}\n`, { mode: 0o600 });
    return;
  }
  const version = await readMarker(directory);
  if (version === undefined) {
    throw new CommandError(
      `${directory} is not empty and holds no Fairlead cluster: choose an empty or new directory with --data`,
    );
  }
  if (version > layoutVersion) {
    throw new CommandError(
      `${directory} was written by a newer Fairlead (layout ${version}, this one knows ${layoutVersion}): use that one, or another --data`,
    );
  }
}

/** The layout version, or undefined when the directory is not a cluster's. */
async function readMarker(directory: string): Promise<number | undefined> {
  try {
    const text = await readFile(join(directory, markerName), 'utf8');
    return /^\d+\n$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a cluster's directory with all in it, after the processes that a kill has left of its pods; anything else is left alone with a `CommandError`. Returns how many processes there were. */
export async function deleteDataDirectory(directory: string): Promise<number> {
  if ((await readMarker(directory)) === undefined) {
    throw new CommandError(`${directory} holds no Fairlead cluster: not deleted`);
  }
  // By its files alone they can be found.
  const { endLeftPods } = await import('../../node/end-left-pods.ts');
  const ended = await endLeftPods(directory);
  await rm(directory, { recursive: true, force: true });
  return ended;
}

export async function isDataDirectory(directory: string): Promise<boolean> {
  return (await readMarker(directory)) !== undefined;
}

/** The scratch directory of a cluster that keeps nothing: keys and pod files, removed when it stops. */
export async function makeScratchDirectory(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const runtime = env.XDG_RUNTIME_DIR;
  const base = runtime !== undefined && (await isWritable(runtime)) ? runtime : tmpdir();
  const directory = await mkdtemp(join(base, 'fairlead-'));
  await prepareDataDirectory(directory);
  return directory;
}

async function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EROFS') return 'the file system is read-only';
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'it is not a directory';
  if (code === 'ENOSPC') return 'no space left';
  return error.message;
}
