/** Patterns of files (`-f 'parts/*.yaml'`) that no shell has expanded, by the rules of Go's `filepath.Glob`, which kubectl uses. */
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BadPattern, compilePattern, isPattern } from '../../lib/go-glob.ts';
import { CommandError } from '../command.ts';
import { errorCode } from '../kubeconfig/error-code.ts';

/**
 * The paths that the pattern means, as they are written, folder by folder in the order of their names. Of a path that exists
 * its characters count as themselves. Throws CommandError where there is none.
 */
export async function expandPattern(pattern: string, cwd: string): Promise<string[]> {
  if (!isPattern(pattern) || (await exists(resolve(cwd, pattern)))) return [pattern];
  try {
    // Of what stands after a name that nothing has, too.
    compilePattern(pattern);
    const found = await search(pattern, cwd);
    if (found.length > 0) return found;
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error;
    throw new CommandError(
      `pattern "${pattern}" is not valid: ${error.message}; write \\ before a [, *, ? or \\ that belongs to the name`,
    );
  }
  throw new CommandError(
    `the path "${pattern}" does not exist: no file has this name, and none matches it as a pattern`,
  );
}

/** What cannot be looked at for another reason is not a pattern either: reading it will say why. */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  );
}

async function search(pattern: string, cwd: string): Promise<string[]> {
  if (!isPattern(pattern)) {
    const found = await lstat(resolve(cwd, pattern)).catch(() => undefined);
    return found === undefined ? [] : [pattern];
  }
  const slash = pattern.lastIndexOf('/');
  const folder = slash > 0 ? pattern.slice(0, slash) : slash === 0 ? '/' : '.';
  const matcher = compilePattern(pattern.slice(slash + 1));
  const folders = isPattern(folder) ? await search(folder, cwd) : [folder];
  const found: string[] = [];
  for (const each of folders) {
    // What is no folder, or may not be looked into, has nothing that matches.
    const names = await readdir(resolve(cwd, each)).catch(() => []);
    const matching = names.filter((name) => matcher.test(name));
    matching.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    found.push(...matching.map((name) => join(each, name)));
  }
  return found;
}
