/** Data of ConfigMaps and Secrets from words and files, as kubectl reads them. */

import { isUtf8 } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CommandError, type CommandIo, UsageError } from '../command.ts';
import { fileProblem } from '../file-problem.ts';
import type { FlagTable } from '../flags.ts';
import type { Generated } from './generate.ts';

export const keyValueFlags = {
  'from-literal': { type: 'list', value: 'KEY=VALUE', description: 'a key with its value' },
  'from-file': {
    type: 'list',
    commas: true,
    value: '[KEY=]PATH',
    description: "a file as a value, by default under the file's name; of a folder each of its files",
    complete: 'files',
  },
  'from-env-file': {
    type: 'list',
    commas: true,
    value: 'FILE',
    description: 'lines of KEY=VALUE',
    complete: 'files',
  },
} as const satisfies FlagTable;

export interface KeyValueSources {
  'from-literal': readonly string[];
  'from-file': readonly string[];
  'from-env-file': readonly string[];
}

/** Throws UsageError for words that cannot be read, CommandError for files. */
export async function readKeyValues(
  sources: KeyValueSources,
  { cwd, env }: Pick<CommandIo, 'cwd' | 'env'>,
): Promise<Map<string, Buffer>> {
  const values = new Map<string, Buffer>();
  const add = (key: string, value: Buffer): void => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key) || key === '.' || key.startsWith('..')) {
      throw new CommandError(`"${key}" cannot be a key: letters, digits, "-", "_" and "." are allowed`);
    }
    if (values.has(key)) throw new CommandError(`the key "${key}" is given twice`);
    values.set(key, value);
  };
  const envFiles = sources['from-env-file'];
  if (envFiles.length > 0 && sources['from-file'].length + sources['from-literal'].length > 0) {
    throw new UsageError('--from-env-file does not go with --from-file and --from-literal');
  }
  for (const literal of sources['from-literal']) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new UsageError(`invalid --from-literal "${literal}": KEY=VALUE is needed`);
    add(literal.slice(0, equals), Buffer.from(literal.slice(equals + 1)));
  }
  for (const source of sources['from-file']) {
    for (const [key, value] of await readSource(source, cwd)) add(key, value);
  }
  for (const file of envFiles) {
    const bytes = await read(resolve(cwd, file), file);
    if (!isUtf8(bytes))
      throw new CommandError(`${file} is no UTF-8 text: save it as such, or give it with --from-file`);
    for (const [key, value] of parseEnvFile(bytes.toString(), { file, env })) add(key, Buffer.from(value));
  }
  return values;
}

async function readSource(source: string, cwd: string): Promise<[string, Buffer][]> {
  const equals = source.indexOf('=');
  if (equals === 0 || equals === source.length - 1)
    throw new UsageError(`invalid --from-file "${source}": [KEY=]PATH is needed`);
  const named = equals < 0 ? undefined : source.slice(0, equals);
  const given = source.slice(equals + 1);
  const path = resolve(cwd, given);
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(given, error);
  });
  if (!found.isDirectory()) return [[named ?? basename(path), await read(path, given)]];
  if (named !== undefined) throw new UsageError(`--from-file "${source}": a folder has many values; leave the key out`);
  const entries = await readdir(path, { withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
  return Promise.all(files.map(async (name): Promise<[string, Buffer]> => [name, await read(join(path, name), name)]));
}

async function read(path: string, given: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw unreadable(given, error);
  });
}

function unreadable(given: string, error: unknown): CommandError {
  return new CommandError(`cannot read ${given}: ${fileProblem(error)}`);
}

function parseEnvFile(text: string, { file, env }: { file: string; env: CommandIo['env'] }): [string, string][] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line, index): [string, string][] => {
      const trimmed = line.trimStart();
      if (trimmed === '' || trimmed.startsWith('#')) return [];
      const equals = trimmed.indexOf('=');
      const key = equals < 0 ? trimmed : trimmed.slice(0, equals);
      if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key)) {
        throw new CommandError(`${file}, line ${index + 1}: "${key}" cannot be the name of a variable`);
      }
      // A name alone takes the value of this environment, and an empty one where there is none.
      if (equals < 0) return [[key, env[key] ?? '']];
      return [[key, trimmed.slice(equals + 1)]];
    });
}

/** `data` for text, `binaryData` for what is none. */
export function configMapData(values: ReadonlyMap<string, Buffer>): {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
} {
  const data: Record<string, string> = {};
  const binaryData: Record<string, string> = {};
  for (const [key, value] of values) {
    if (isUtf8(value)) data[key] = value.toString();
    else binaryData[key] = value.toString('base64');
  }
  return {
    ...(Object.keys(data).length > 0 && { data }),
    ...(Object.keys(binaryData).length > 0 && { binaryData }),
  };
}

/** A Secret that holds them; without a type the server makes it Opaque. */
export function secretOf(name: string, values: ReadonlyMap<string, Buffer>, type?: string): Generated {
  const data = Object.fromEntries([...values].map(([key, value]) => [key, value.toString('base64')]));
  return {
    namespaced: true,
    // kubectl has no colon here.
    failure: 'failed to create secret',
    object: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      ...(type !== undefined && { type }),
      ...(values.size > 0 && { data }),
    },
  };
}
