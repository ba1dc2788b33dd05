/**
 * A volume's files replaced all at once, in the layout programs know from Kubernetes: the names are links to `..data/NAME`,
 * and `..data` is a link to the directory of the current version, swapped by rename.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';

export interface VolumeFile {
  data: Uint8Array;
  /** Permission bits. */
  mode: number;
}

/** By path relative to the volume. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/** Does nothing when the files are there as wanted. Returns whether something changed. */
export async function writeVolume(directory: string, files: VolumeFiles): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const link = join(directory, '..data');
  const previous = await readlink(link).catch(() => undefined);
  if (previous !== undefined && (await holds(join(directory, previous), files))) return false;
  const version = await mkdtemp(join(directory, '..version-'));
  for (const [path, { data, mode }] of files) {
    const file = join(version, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, data);
    await chmod(file, mode);
  }
  await rm(`${link}_next`, { force: true });
  await symlink(basename(version), `${link}_next`);
  await rename(`${link}_next`, link);
  const names = new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''));
  for (const entry of await readdir(directory)) {
    if (!entry.startsWith('..') && !names.has(entry)) await rm(join(directory, entry), { force: true });
  }
  for (const name of names) {
    await symlink(join('..data', name), join(directory, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  if (previous !== undefined) await rm(join(directory, previous), { recursive: true, force: true });
  return true;
}

async function holds(version: string, files: VolumeFiles): Promise<boolean> {
  const entries = await readdir(version, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.filter((entry) => !entry.isDirectory()).length !== files.size) return false;
  for (const [path, { data }] of files) {
    const current = await readFile(join(version, path)).catch(() => undefined);
    if (current === undefined || !current.equals(data)) return false;
  }
  return true;
}

/** False for a path that would leave the volume or clash with the layout's own names. */
export function isVolumePath(path: string): boolean {
  const clean = normalize(path);
  return path !== '' && !clean.startsWith('/') && !clean.startsWith('..') && clean !== '.';
}
