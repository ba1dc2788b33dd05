/** `-f`: objects from files, folders, addresses and standard input, YAML or JSON, several to a document. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { fileProblem } from '../file-problem.ts';
import { expandPattern } from './expand-pattern.ts';
import { readJson } from './manifest-json.ts';
import { readYaml } from './manifest-yaml.ts';

export interface Manifest {
  /** What the user calls its origin: the file's path, the address (without a password), or `STDIN`. */
  source: string;
  object: UnstructuredObject;
}

export interface ManifestOptions {
  files: readonly string[];
  /** Folders with all that lies below them. */
  recursive: boolean;
  io: Pick<CommandIo, 'stdin' | 'cwd' | 'env'>;
  signal: AbortSignal;
}

const manifestName = /\.(?:json|ya?ml)$/i;

/**
 * All objects in the order in which they are written, lists taken apart, and in the place of what is none what is wrong with
 * it, which names the file. Of a file nothing counts that follows what cannot be parsed. Throws CommandError for files that
 * cannot be read.
 */
export async function readManifests(options: ManifestOptions): Promise<(Manifest | CommandError)[]> {
  const { files, recursive, io, signal } = options;
  const manifests: (Manifest | CommandError)[] = [];
  for (const file of files) {
    for (const { source, content } of await readSources(file, { recursive, io, signal })) {
      manifests.push(...(await parseManifests(content, source)));
    }
  }
  return manifests;
}

interface Source {
  source: string;
  content: string;
}

async function readSources(file: string, { recursive, io, signal }: Omit<ManifestOptions, 'files'>): Promise<Source[]> {
  if (file === '-') return [{ source: 'STDIN', content: await readAll(io.stdin, signal) }];
  if (/^https?:\/\//.test(file)) {
    const { fetchManifest } = await import('./fetch-manifest.ts');
    return [await fetchManifest(file, io.env, signal)];
  }
  const sources: Source[] = [];
  for (const path of await expandPattern(file, io.cwd)) sources.push(...(await readPath(path, io.cwd, recursive)));
  return sources;
}

async function readPath(file: string, cwd: string, recursive: boolean): Promise<Source[]> {
  const path = resolve(cwd, file);
  try {
    if (!(await stat(path)).isDirectory()) return [{ source: file, content: await readFile(path, 'utf8') }];
    const names = await readdir(path, { recursive, withFileTypes: true });
    const paths = names
      .filter((entry) => !entry.isDirectory() && manifestName.test(entry.name))
      .map((entry) => join(file, relative(path, join(entry.parentPath, entry.name))))
      .sort();
    if (paths.length === 0) {
      const below = recursive ? '' : '; -R reads the folders below it too';
      throw new CommandError(`${file} holds no file that ends with .yaml, .yml or .json${below}`);
    }
    return await Promise.all(
      paths.map(async (each) => ({ source: each, content: await readFile(resolve(cwd, each), 'utf8') })),
    );
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`cannot read ${file}: ${fileProblem(error)}`);
  }
}

/** A stop ends the reading: whoever writes may never come to an end. Rejects with the signal's reason. */
async function readAll(stdin: CommandIo['stdin'], signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const stop = Promise.withResolvers<never>();
  const onStop = (): void => {
    stop.reject(signal.reason);
    // Open it would keep the process.
    if ('destroy' in stdin && typeof stdin.destroy === 'function') stdin.destroy();
  };
  signal.addEventListener('abort', onStop, { once: true });
  try {
    return await Promise.race([text(stdin), stop.promise]);
  } finally {
    signal.removeEventListener('abort', onStop);
  }
}

/** The objects of one text. Empty documents count for nothing. */
async function parseManifests(text: string, source: string): Promise<(Manifest | CommandError)[]> {
  const manifests: (Manifest | CommandError)[] = [];
  try {
    for await (const value of valuesOf(text.replace(/^\uFEFF/, ''))) manifests.push(...objectsOf(value, source));
  } catch (error) {
    manifests.push(new CommandError(`error parsing ${source}: ${error instanceof Error ? error.message : error}`));
  }
  return manifests;
}

async function* valuesOf(text: string): AsyncGenerator<unknown, void, undefined> {
  const { values, end } = readJson(text);
  yield* values;
  const rest = text.slice(end);
  // With as many lines before it as there are, which errors name.
  if (rest.trim() !== '') yield* readYaml(text.slice(0, end).replace(/[^\n]+/g, '') + rest);
}

function objectsOf(value: unknown, source: string): (Manifest | CommandError)[] {
  const problem = (what: string): [CommandError] => [new CommandError(`${source} holds ${what}`)];
  if (!isRecord(value)) return problem('something that is not an object');
  const { apiVersion, kind, metadata, ...rest } = value;
  if (typeof kind !== 'string' || kind === '') return problem('an object without a kind');
  if (typeof apiVersion !== 'string' || apiVersion === '') return problem(`a ${kind} without an apiVersion`);
  // A kind that only ends with "List" (an object of a custom kind) has no items.
  if (kind.endsWith('List') && Array.isArray(rest.items)) return rest.items.flatMap((item) => objectsOf(item, source));
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) {
    return problem(`a ${kind} whose metadata is not an object`);
  }
  return [{ source, object: { ...rest, apiVersion, kind, metadata: { ...metadata } } }];
}
