/** `preferences` and `extensions` of a whole kubeconfig, which kubectl keeps though it goes by nothing of them. */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../../client/client-config.ts';
import type { Kubeconfig } from '../../client/kubeconfig-file.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { ConfigFiles } from './config-files.ts';
import { editKubeconfig } from './edit-file.ts';
import type { Fields } from './edit-text.ts';
import { type Extensions, mergeExtensions, readExtensions, shownExtensions } from './extensions.ts';

export interface Preferences {
  colors: boolean;
  extensions: Extensions;
}

/** What all files say together. Throws ConfigError for what is of the wrong type. */
export function preferencesOf({ documents }: Pick<Kubeconfig, 'documents'>): Preferences {
  const all = [...documents].map(([file, document]) => readPreferences(file, document));
  return {
    colors: all.some(({ colors }) => colors),
    extensions: mergeExtensions(all.map(({ extensions }) => extensions)),
  };
}

function readPreferences(file: string, { preferences = {} }: Fields): Preferences {
  const wrong = (what: string) => new ConfigError(`The kubeconfig ${file} is wrong: ${what}.`);
  const fields = preferences ?? {};
  if (!isRecord(fields)) throw wrong('"preferences" must be a mapping');
  const colors = fields.colors ?? false;
  if (typeof colors !== 'boolean') throw wrong('"colors" of "preferences" must be true or false');
  const extensions = fields.extensions ?? [];
  if (!Array.isArray(extensions)) throw wrong('"extensions" of "preferences" must be a list');
  return { colors, extensions: readExtensions(extensions) };
}

/** Those of the top level. Throws ConfigError for what is of the wrong type. */
export function extensionsOf({ documents }: Pick<Kubeconfig, 'documents'>): Extensions {
  const all = [...documents].map(([file, { extensions }]) => {
    if (extensions !== undefined && extensions !== null && !Array.isArray(extensions)) {
      throw new ConfigError(`The kubeconfig ${file} is wrong: "extensions" must be a list.`);
    }
    return readExtensions(extensions);
  });
  return mergeExtensions(all);
}

export async function removeExtensions({ merged }: ConfigFiles): Promise<void> {
  for (const [file, { extensions }] of merged.documents) {
    if (extensions === undefined) continue;
    await editKubeconfig(file, undefined, (config) => {
      config.setTopFields({ extensions: undefined });
      return {};
    });
  }
}

/** The fields that have a value, in kubectl's order. */
export function shownPreferences({ colors, extensions }: Preferences): Record<string, unknown> {
  return { ...(colors && { colors }), ...(extensions.size > 0 && { extensions: shownExtensions(extensions) }) };
}

/** Changes, as kubectl does, the first file that says something else, also one that is yet to be made. */
export async function writePreferences({ paths, merged }: ConfigFiles, next: Preferences): Promise<void> {
  if (isDeepStrictEqual(preferencesOf(merged), next)) return;
  const file = paths.find((path) => {
    return !isDeepStrictEqual(readPreferences(path, merged.documents.get(path) ?? {}), next);
  });
  if (file === undefined) return;
  await editKubeconfig(file, undefined, (config) => {
    if (Object.keys(config.value).length === 0) config.setApiVersion();
    const { preferences } = config.value;
    const before = isRecord(preferences) ? preferences : {};
    config.setTopFields({ preferences: changedPreferences(before, readPreferences(file, config.value), next) });
    return {};
  });
}

/** Undefined: nothing is left. What does not differ keeps its text. */
function changedPreferences(fields: Fields, before: Preferences, next: Preferences): Fields | undefined {
  const shown = shownPreferences(next);
  if (Object.keys(shown).length === 0) return undefined;
  const same = isDeepStrictEqual(before.extensions, next.extensions);
  const { colors: _colors, extensions, ...others } = fields;
  return { ...others, ...shown, ...(same && extensions !== undefined && { extensions }) };
}
