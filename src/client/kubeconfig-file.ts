/** Reading and merging kubeconfig files, after the rules of `client-go/tools/clientcmd/loader.go`. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { isRecord } from '../lib/is-record.ts';
import { ConfigError } from './client-config.ts';

/** One named entry with the file it came from: relative paths in it are relative to that file. */
export interface KubeconfigEntry {
  name: string;
  file: string;
  fields: Readonly<Record<string, unknown>>;
}

export interface Kubeconfig {
  files: readonly string[];
  currentContext: string;
  contexts: ReadonlyMap<string, KubeconfigEntry>;
  clusters: ReadonlyMap<string, KubeconfigEntry>;
  users: ReadonlyMap<string, KubeconfigEntry>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The files that apply: the one that was named, else those of `KUBECONFIG`, else `~/.kube/config`.
 * Only a named file must exist.
 */
export function kubeconfigPaths(named: string | undefined, env: Environment): { paths: string[]; required: boolean } {
  if (named !== undefined && named !== '') return { paths: [resolve(named)], required: true };
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return { paths: [...new Set(listed.map((path) => resolve(path)))], required: false };
  const home = env.HOME ?? homedir();
  return { paths: home === '' ? [] : [join(home, '.kube', 'config')], required: false };
}

/** Reads and merges: of entries with one name, and of `current-context`, the first file's counts. */
export async function readKubeconfig(paths: readonly string[], required: boolean): Promise<Kubeconfig> {
  const files: string[] = [];
  const maps = {
    contexts: new Map<string, KubeconfigEntry>(),
    clusters: new Map<string, KubeconfigEntry>(),
    users: new Map<string, KubeconfigEntry>(),
  };
  let currentContext = '';
  for (const file of paths) {
    const text = await readText(file, required);
    if (text === undefined) continue;
    files.push(file);
    const document = await parseDocument(file, text);
    const current = document['current-context'];
    if (currentContext === '' && typeof current === 'string') currentContext = current;
    for (const [list, entry] of [
      ['contexts', 'context'],
      ['clusters', 'cluster'],
      ['users', 'user'],
    ] as const) {
      for (const found of entriesOf(file, document, list, entry)) {
        if (!maps[list].has(found.name)) maps[list].set(found.name, found);
      }
    }
  }
  return { files, currentContext, ...maps };
}

async function readText(file: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && !required) return undefined;
    const why =
      code === 'ENOENT' ? 'it does not exist' : code === 'EISDIR' ? 'it is a directory' : (code ?? String(error));
    throw new ConfigError(`Cannot read the kubeconfig ${file}: ${why}.`);
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function parseDocument(file: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  let document: unknown;
  try {
    document = text.trimStart().startsWith('{') ? JSON.parse(text) : (await import('yaml')).parse(text);
  } catch (error) {
    // Only the first line: the parser's message goes on with a piece of the file, which may hold secrets.
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/:$/, '') ?? '';
    throw new ConfigError(
      `The kubeconfig ${file} is not valid YAML: ${text.trimStart().startsWith('{') ? 'bad JSON' : why}.`,
    );
  }
  if (document === null || document === undefined) return {};
  if (!isRecord(document))
    throw new ConfigError(`The kubeconfig ${file} is not a kubeconfig: its top level is no mapping.`);
  const kind = document.kind;
  if (kind !== undefined && kind !== '' && kind !== 'Config') {
    throw new ConfigError(
      `The kubeconfig ${file} is not a kubeconfig: its kind is ${JSON.stringify(kind)}, not "Config".`,
    );
  }
  return document;
}

function entriesOf(
  file: string,
  document: Readonly<Record<string, unknown>>,
  list: string,
  entry: string,
): KubeconfigEntry[] {
  const items = document[list];
  if (items === undefined || items === null) return [];
  if (!Array.isArray(items)) throw new ConfigError(`The kubeconfig ${file} is wrong: "${list}" must be a list.`);
  return items.map((item: unknown, index) => {
    const name = isRecord(item) ? item.name : undefined;
    if (!isRecord(item) || typeof name !== 'string') {
      throw new ConfigError(`The kubeconfig ${file} is wrong: ${list}[${index}] has no name.`);
    }
    const fields = item[entry] ?? {};
    if (!isRecord(fields))
      throw new ConfigError(`The kubeconfig ${file} is wrong: ${list}[${index}].${entry} is no mapping.`);
    return { name, file, fields };
  });
}
