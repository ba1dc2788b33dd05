/**
 * A tar of a container's making as files of this machine. The container is not trusted: nothing is written outside the
 * target, no link of its making is made or followed, and no device, owner or set-id bit comes along.
 */
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, open, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandError } from '../command.ts';
import { bytesOf, shown, toByteText } from './byte-text.ts';
import { type TarEntry, tarEntries } from './read-tar.ts';
import type { TarHeader } from './tar-format.ts';

export interface Unpacking {
  /** What all names begin with: the path that was asked for. */
  prefix: string;
  /** An absolute path without a slash at its end. */
  target: string;
  /** The user wrote a slash at its end: it is a folder, there or not. */
  intoFolder: boolean;
  warn(sentence: string): void;
  /** Rights as they are there, as far as the umask lets them. */
  preserve: boolean;
}

/** Returns how many files and folders came. Throws CommandError, TarError. */
export async function unpack(source: AsyncIterable<Buffer>, wanted: Unpacking): Promise<number> {
  // Names come as byte text, and so the paths that are made of them are.
  const unpacking = { ...wanted, prefix: toByteText(wanted.prefix), target: toByteText(wanted.target) };
  const written = new Map<string, string>();
  let count = 0;
  for await (const entry of tarEntries(source)) {
    const path = pathOf(entry.header.name, unpacking);
    if (await unpackEntry(entry, { path, written, unpacking })) count++;
  }
  return count;
}

/** Where an entry goes. Throws CommandError for a name that leads elsewhere. */
function pathOf(name: string, { prefix, target }: Unpacking): string {
  const clean = name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  const isBelow = prefix === '' || clean === prefix || clean.startsWith(`${prefix}/`);
  const below = prefix === '' ? clean : clean.slice(prefix.length + 1);
  const parts = below.split('/').filter((part) => part !== '' && part !== '.');
  if (!isBelow || parts.includes('..') || name.includes('\0')) {
    throw new CommandError(
      `the container sent ${JSON.stringify(shown(name))}, which is not below what was asked for: nothing more is taken from it`,
    );
  }
  return join(target, ...parts);
}

interface Placed {
  path: string;
  /** Names in the archive and where they were written. */
  written: Map<string, string>;
  unpacking: Unpacking;
}

async function unpackEntry({ header, content }: TarEntry, { path, written, unpacking }: Placed): Promise<boolean> {
  const { target, warn } = unpacking;
  switch (header.kind) {
    case 'directory':
      await makeFolders(target, path);
      return true;
    case 'file': {
      const place = path === target ? await placeOfFile(unpacking) : path;
      await makeFolders(target, dirname(place));
      await writeFile(place, content(), { mode: modeOf(header, unpacking), mayFollow: place === target });
      written.set(header.name, place);
      return true;
    }
    case 'hardlink': {
      const from = written.get(header.link);
      if (from !== undefined) {
        await makeFolders(target, dirname(path));
        await refuseLink(path);
        await copyFile(bytesOf(from), bytesOf(path));
        return true;
      }
      warn(`${shown(header.name)} is the same file as ${shown(header.link)}, which was not copied: it is left out`);
      return false;
    }
    case 'symlink':
      warn(`${shown(header.name)} is a link to ${shown(header.link)}: it is left out (exec with tar copies links)`);
      return false;
    case 'other':
      warn(`${shown(header.name)} is no file, folder or link: it is left out`);
      return false;
  }
}

/** A single file goes into a folder that is there under its own name, else it gets the target's. */
async function placeOfFile({ prefix, target, intoFolder }: Unpacking): Promise<string> {
  const there = await stat(bytesOf(target)).catch(() => undefined);
  return intoFolder || there?.isDirectory() === true ? join(target, basename(prefix)) : target;
}

function modeOf({ mode }: TarHeader, { preserve }: Unpacking): number {
  return preserve ? (mode & 0o777) | 0o600 : 0o666;
}

/** Each folder from the target down; a link among those below it would lead out of it. */
async function makeFolders(target: string, path: string): Promise<void> {
  if (path.length < target.length) {
    await mkdir(bytesOf(path), { recursive: true });
    return;
  }
  await mkdir(bytesOf(target), { recursive: true });
  let at = target;
  for (const part of path
    .slice(target.length)
    .split('/')
    .filter((each) => each !== '')) {
    at = join(at, part);
    await refuseLink(at);
    await mkdir(bytesOf(at)).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  }
}

async function refuseLink(path: string): Promise<void> {
  const there = await lstat(bytesOf(path)).catch(() => undefined);
  if (there?.isSymbolicLink() === true) {
    throw new CommandError(`${shown(path)} is a link: what lies below it is not written through it`);
  }
}

async function writeFile(
  path: string,
  content: AsyncIterable<Buffer>,
  { mode, mayFollow }: { mode: number; mayFollow: boolean },
): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  // The target itself the user named: what it leads to is meant.
  if (!mayFollow) await refuseLink(path);
  const handle = await open(bytesOf(path), O_WRONLY | O_CREAT | O_TRUNC | (mayFollow ? 0 : O_NOFOLLOW), mode);
  try {
    for await (const chunk of content) await handle.writeFile(chunk);
  } catch (error) {
    await handle.close();
    // Half a file would be taken for a whole one.
    await unlink(bytesOf(path)).catch(() => {});
    throw error;
  }
  await handle.close();
}
