/** The kubeconfig as `config view` shows it. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { KubeconfigEntry } from '../../client/kubeconfig-entry.ts';
import type { Kubeconfig } from '../../client/kubeconfig-file.ts';
import { CommandError } from '../command.ts';
import { sortedEntries } from './config-files.ts';
import { shownExtensions } from './extensions.ts';
import { clusterFields, contextFields, shownFields, userFields } from './known-fields.ts';
import { extensionsOf, preferencesOf, shownPreferences } from './preferences.ts';
import { redactEntry } from './redact.ts';

export interface ViewOptions {
  /** With certificates, keys and tokens. */
  raw: boolean;
  /** What files hold is shown in their place; secrets too. */
  flatten: boolean;
}

/** Keys come in kubectl's order. Throws CommandError for files that cannot be read. */
export async function viewOf(config: Kubeconfig, { raw, flatten }: ViewOptions): Promise<Record<string, unknown>> {
  const secretly = (fields: Record<string, unknown>) => (raw || flatten ? fields : redactEntry(fields));
  const embedded = async (entry: KubeconfigEntry, paths: readonly string[]) =>
    flatten ? await embedFiles(entry, paths) : entry.fields;
  const clusters = await Promise.all(
    sortedEntries(config.clusters).map(async (entry) => ({
      name: entry.name,
      cluster: secretly(shownFields(await embedded(entry, ['certificate-authority']), clusterFields)),
    })),
  );
  const users = await Promise.all(
    sortedEntries(config.users).map(async (entry) => ({
      name: entry.name,
      user: secretly(shownFields(await embedded(entry, ['client-certificate', 'client-key']), userFields)),
    })),
  );
  const contexts = sortedEntries(config.contexts).map(({ name, fields }) => ({
    name,
    context: shownFields(fields, contextFields),
  }));
  const preferences = shownPreferences(preferencesOf(config));
  const extensions = shownExtensions(extensionsOf(config));
  return {
    kind: 'Config',
    apiVersion: 'v1',
    ...(Object.keys(preferences).length > 0 && { preferences }),
    clusters: orNull(clusters),
    users: orNull(users),
    contexts: orNull(contexts),
    'current-context': config.currentContext,
    ...(extensions.length > 0 && { extensions }),
  };
}

/** Only what one context uses. Throws CommandError where something of it is missing. */
export function minify(config: Kubeconfig, chosen: string | undefined): Kubeconfig {
  const name = chosen || config.currentContext;
  if (name === '') throw new CommandError('current-context must exist in order to minify');
  const context = config.contexts.get(name);
  if (context === undefined) throw new CommandError(`cannot locate context ${name}`);
  const only = (entries: ReadonlyMap<string, KubeconfigEntry>, kind: 'cluster' | 'user') => {
    const wanted = context.fields[kind];
    if (typeof wanted !== 'string' || wanted === '') return new Map<string, KubeconfigEntry>();
    const entry = entries.get(wanted);
    if (entry === undefined) throw new CommandError(`cannot locate ${kind} ${wanted}`);
    return new Map([[wanted, entry]]);
  };
  return {
    files: config.files,
    documents: config.documents,
    currentContext: name,
    contexts: new Map([[name, context]]),
    clusters: only(config.clusters, 'cluster'),
    users: only(config.users, 'user'),
  };
}

async function embedFiles(entry: KubeconfigEntry, names: readonly string[]): Promise<KubeconfigEntry['fields']> {
  const fields: Record<string, unknown> = { ...entry.fields };
  for (const name of names) {
    const path = fields[name];
    if (typeof path !== 'string' || path === '') continue;
    if (fields[`${name}-data`]) throw new CommandError('cannot have values for both path and contents');
    const file = resolve(dirname(entry.file), path);
    const content = await readFile(file).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : error;
      throw new CommandError(
        `cannot read ${file} (${code}), which ${entry.kind} "${entry.name}" of ${entry.file} names`,
      );
    });
    fields[`${name}-data`] = content.toString('base64');
    delete fields[name];
  }
  return fields;
}

/** kubectl shows an empty list so. */
function orNull<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items;
}
