/** `-f`: objects from files, folders, addresses and standard input, YAML or JSON, several to a document. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError, type CommandIo } from '../command.ts';

export interface Manifest {
  /** What the user calls its origin: the file's path, the address, or `STDIN`. */
  source: string;
  object: UnstructuredObject;
}

export interface ManifestOptions {
  files: readonly string[];
  /** Folders with all that lies below them. */
  recursive: boolean;
  io: Pick<CommandIo, 'stdin' | 'cwd'>;
  signal: AbortSignal;
}

const manifestName = /\.(?:json|ya?ml)$/i;
/** A document with more aliases than this is an attack, not a manifest. */
const mostAliases = 100;

/** All objects in the order in which they are written; lists are taken apart. Throws CommandError that names the file. */
export async function readManifests({ files, recursive, io, signal }: ManifestOptions): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
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
  if (file === '-') return [{ source: 'STDIN', content: await text(io.stdin) }];
  if (/^https?:\/\//.test(file)) return [{ source: file, content: await fetchText(file, signal) }];
  const path = resolve(io.cwd, file);
  try {
    if (!(await stat(path)).isDirectory()) return [{ source: file, content: await readFile(path, 'utf8') }];
    const names = await readdir(path, { recursive, withFileTypes: true });
    const paths = names
      .filter((entry) => !entry.isDirectory() && manifestName.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    if (paths.length === 0) {
      const below = recursive ? '' : '; -R reads the folders below it too';
      throw new CommandError(`${file} holds no file that ends with .yaml, .yml or .json${below}`);
    }
    return await Promise.all(paths.map(async (each) => ({ source: each, content: await readFile(each, 'utf8') })));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`cannot read ${file}: ${fileProblem(error)}`);
  }
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'you may not read it';
  return error instanceof Error ? error.message : String(error);
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CommandError(`cannot read ${url}: ${cause}`);
  }
  if (!response.ok) throw new CommandError(`cannot read ${url}: the server answered ${response.status}`);
  return response.text();
}

/** The objects of one text. Empty documents count for nothing. */
async function parseManifests(content: string, source: string): Promise<Manifest[]> {
  // Only now: most commands read no YAML.
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(content, { version: '1.1', merge: true, strict: true, uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new CommandError(`${source} is not valid YAML: ${problem.message.split('\n')[0]}`);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: mostAliases });
    } catch (error) {
      throw new CommandError(`${source} is not valid YAML: ${error instanceof Error ? error.message : error}`);
    }
    return value === null ? [] : objectsOf(value, source);
  });
}

function objectsOf(value: unknown, source: string): Manifest[] {
  if (!isRecord(value)) throw new CommandError(`${source} holds something that is not an object`);
  const { apiVersion, kind, metadata, ...rest } = value;
  if (typeof kind !== 'string' || kind === '') throw new CommandError(`${source} holds an object without a kind`);
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    throw new CommandError(`${source} holds a ${kind} without an apiVersion`);
  }
  // A kind that only ends with "List" (an object of a custom kind) has no items.
  if (kind.endsWith('List') && Array.isArray(rest.items)) return rest.items.flatMap((item) => objectsOf(item, source));
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) {
    throw new CommandError(`${source} holds a ${kind} whose metadata is not an object`);
  }
  return [{ source, object: { ...rest, apiVersion, kind, metadata: { ...metadata } } }];
}
