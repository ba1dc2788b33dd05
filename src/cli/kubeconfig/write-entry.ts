/** Makes or changes one entry of the kubeconfig, in the file that has it. */
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { type ConfigFiles, fileOf } from './config-files.ts';
import { editKubeconfig } from './edit-file.ts';
import type { FieldName, Fields, KubeconfigText, ListName } from './edit-text.ts';

const fieldOf: Readonly<Record<ListName, FieldName>> = { clusters: 'cluster', contexts: 'context', users: 'user' };

/** Returns whether the entry was there before. Throws CommandError, the file untouched. */
export async function writeEntry(
  files: ConfigFiles,
  list: ListName,
  name: string,
  change: (fields: Fields, file: string) => Fields | Promise<Fields>,
): Promise<boolean> {
  const file = fileOf(files, list, name);
  const entry = files.merged[list].get(name);
  const fields = await change(entry?.fields ?? {}, file);
  await editKubeconfig(file, undefined, (config) => {
    if (entry === undefined) addEntry(config, list, { name, [fieldOf[list]]: withoutEmpty(fields) });
    else config.setFields(list, name, fieldOf[list], withoutEmpty(fields));
    return {};
  });
  return entry !== undefined;
}

function addEntry(config: KubeconfigText, list: ListName, item: { name: string } & Record<string, unknown>): void {
  if (Object.keys(config.value).length === 0) config.setApiVersion();
  config.setItem(list, item);
}

export async function removeEntry(files: ConfigFiles, list: ListName, name: string): Promise<void> {
  await editKubeconfig(fileOf(files, list, name), undefined, (config) => {
    config.removeItem(list, name);
    return {};
  });
}

/** The current context is set in the file that new entries go to; unset it is where it is said. */
export async function writeCurrentContext({ merged, defaultFile }: ConfigFiles, name: string): Promise<void> {
  const files = name === '' ? merged.files : [defaultFile];
  for (const file of files) {
    const { found } = await editKubeconfig(file, undefined, (config) => {
      if (Object.keys(config.value).length === 0) config.setApiVersion();
      const current = config.value['current-context'];
      const hasOne = typeof current === 'string' && current !== '';
      if (name !== '' || hasOne) config.setCurrentContext(name);
      return { found: hasOne };
    });
    if (name === '' && found) return;
  }
}

/** A path as it is written into this file: relative where it lies below the file's directory, as kubectl does. */
export function pathForFile(path: string, { cwd, file }: { cwd: string; file: string }): string {
  const absolute = resolve(cwd, path);
  const near = relative(dirname(resolve(cwd, file)), absolute);
  return near.startsWith('..') || isAbsolute(near) ? absolute : near;
}

/** A field of no value is not written. */
function withoutEmpty(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));
}
