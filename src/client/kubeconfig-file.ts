/** Reading and merging kubeconfig files, after the rules of `client-go/tools/clientcmd/loader.go`. */
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { isRecord } from '../lib/is-record.ts';
import { ConfigError } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { parseKubeconfig, readKubeconfigText } from './kubeconfig-limits.ts';

export interface Kubeconfig {
  files: readonly string[];
  currentContext: string;
  contexts: ReadonlyMap<string, KubeconfigEntry>;
  clusters: ReadonlyMap<string, KubeconfigEntry>;
  users: ReadonlyMap<string, KubeconfigEntry>;
  /** What each of the files holds altogether. */
  documents: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface KubeconfigPaths {
  paths: string[];
  /** How each of them was named, for messages. */
  names: string[];
  /** They must exist. */
  required: boolean;
  /** Somebody pointed at these files, by flag or environment: they are not just the user's own configuration. */
  named: boolean;
}

/**
 * The files that apply: the one that was named, else those of `KUBECONFIG`, else `~/.kube/config`.
 * Only a named file must exist.
 */
export function kubeconfigPaths(named: string | undefined, env: Environment): KubeconfigPaths {
  if (named !== undefined && named !== '') {
    return { paths: [resolve(named)], names: [named], required: true, named: true };
  }
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) {
    // Of a file that is named twice the first name counts.
    const byPath = new Map(listed.toReversed().map((name) => [resolve(name), name]));
    const paths = [...new Set(listed.map((name) => resolve(name)))];
    return { paths, names: paths.map((path) => byPath.get(path) ?? path), required: false, named: true };
  }
  const home = env.HOME ?? homedir();
  const paths = home === '' ? [] : [join(home, '.kube', 'config')];
  return { paths, names: paths, required: false, named: false };
}

const lists = [
  { list: 'contexts', kind: 'context' },
  { list: 'clusters', kind: 'cluster' },
  { list: 'users', kind: 'user' },
] as const;

/** Reads and merges: of entries with one name, and of `current-context`, the first file's counts. */
export async function readKubeconfig(paths: readonly string[], required: boolean): Promise<Kubeconfig> {
  const files: string[] = [];
  const documents = new Map<string, Readonly<Record<string, unknown>>>();
  const maps = {
    contexts: new Map<string, KubeconfigEntry>(),
    clusters: new Map<string, KubeconfigEntry>(),
    users: new Map<string, KubeconfigEntry>(),
  };
  let currentContext = '';
  for (const file of paths) {
    const text = await readKubeconfigText(file);
    if (text === undefined) {
      if (required) throw new ConfigError(`Cannot read the kubeconfig ${file}: it does not exist.`);
      continue;
    }
    files.push(file);
    const document = await parseKubeconfig(file, text);
    documents.set(file, document);
    const current = document['current-context'] ?? '';
    if (typeof current !== 'string') {
      throw new ConfigError(`The kubeconfig ${file} is wrong: "current-context" must be a text.`);
    }
    if (currentContext === '') currentContext = current;
    for (const { list, kind } of lists) {
      for (const found of entriesOf(file, document, list, kind)) {
        if (!maps[list].has(found.name)) maps[list].set(found.name, found);
      }
    }
  }
  return { files, documents, currentContext, ...maps };
}

function entriesOf(
  file: string,
  document: Readonly<Record<string, unknown>>,
  list: string,
  kind: KubeconfigEntry['kind'],
): KubeconfigEntry[] {
  const wrong = (what: string) => new ConfigError(`The kubeconfig ${file} is wrong: ${what}.`);
  const items = document[list];
  if (items === undefined || items === null) return [];
  if (!Array.isArray(items)) throw wrong(`"${list}" must be a list`);
  const names = new Set<string>();
  return items.flatMap((item: unknown, index) => {
    if (item === null) return [];
    const name = isRecord(item) ? item.name : undefined;
    if (!isRecord(item) || typeof name !== 'string') throw wrong(`${list}[${index}] has no name`);
    if (names.has(name)) throw wrong(`"${list}" has two entries of the name "${name}"`);
    names.add(name);
    const fields = item[kind] ?? {};
    if (!isRecord(fields)) throw wrong(`"${kind}" of "${name}" (${list}[${index}]) is no mapping`);
    return [{ kind, name, file, fields }];
  });
}
