/** The kubeconfig files that apply, and which of them an edit goes to, by kubectl's rules. */
import { existsSync } from 'node:fs';
import type { KubeconfigEntry } from '../../client/kubeconfig-entry.ts';
import { type Kubeconfig, kubeconfigPaths, readKubeconfig } from '../../client/kubeconfig-file.ts';
import type { CommandIo } from '../command.ts';
import type { GlobalFlags } from '../flags.ts';
import type { ListName } from './edit-text.ts';

export interface ConfigFiles {
  /** What all of them say together. A file that was named and does not exist says nothing: it may be about to be made. */
  merged: Kubeconfig;
  /** All that were named. */
  paths: readonly string[];
  /** Where new entries and the current context go: the first that exists, else the last. */
  defaultFile: string;
  /** That file as the user named it. */
  defaultName: string;
}

/** Throws ConfigError for files that cannot be read. */
export async function readConfigFiles(
  globals: Pick<GlobalFlags, 'kubeconfig'>,
  { env }: Pick<CommandIo, 'env'>,
): Promise<ConfigFiles> {
  const { paths, names } = kubeconfigPaths(globals.kubeconfig, env);
  const merged = await readKubeconfig(paths, false);
  const first = paths.findIndex((path) => existsSync(path));
  return { merged, paths, defaultFile: paths.at(first) ?? '', defaultName: names.at(first) ?? '' };
}

/** The file that has the entry, or would get it. */
export function fileOf({ merged, defaultFile }: ConfigFiles, list: ListName, name: string): string {
  return merged[list].get(name)?.file ?? defaultFile;
}

/** By name, as kubectl shows them. */
export function sortedEntries(entries: ReadonlyMap<string, KubeconfigEntry>): KubeconfigEntry[] {
  return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
