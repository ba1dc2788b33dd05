/** Opens, changes and replaces a kubeconfig under its lock; what goes wrong becomes a sentence. */

import { readFile } from 'node:fs/promises';
import { decodeText } from '../../client/text-encoding.ts';
import { isLoopbackUrl } from '../../net/loopback-host.ts';
import { CommandError } from '../command.ts';
import type { Fields, KubeconfigText, ListName } from './edit-text.ts';
import { nameOf, openKubeconfigText } from './edit-text.ts';
import { errorCode } from './error-code.ts';
import { withKubeconfigLock } from './lock.ts';
import { replaceFile } from './replace-file.ts';
import { UneditableText } from './text-ranges.ts';

const defaultPatienceMs = 3000;

/** Writes the file if the edit changed its text. Throws CommandError, the file untouched. */
export async function editKubeconfig<T extends object>(
  file: string,
  patienceMs: number | undefined,
  edit: (config: KubeconfigText) => T,
): Promise<T & { changed: boolean }> {
  try {
    return await withKubeconfigLock(file, patienceMs ?? defaultPatienceMs, async () => {
      const bytes = await readFile(file).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return Buffer.of();
        throw error;
      });
      const { text: before, encode } = decodeText(bytes);
      const config = await openKubeconfigText(before);
      const result = edit(config);
      const changed = config.text !== before;
      if (changed) await replaceFile(file, encode(config.text));
      return { ...result, changed };
    });
  } catch (error) {
    if (error instanceof UneditableText) {
      throw new CommandError(
        `The kubeconfig ${file} was left as it is: ${error.message}. Correct it, or name another file with --kubeconfig.`,
      );
    }
    const code = errorCode(error);
    if (code === undefined) throw error;
    const why = {
      EACCES: 'permission denied',
      EPERM: 'permission denied',
      EROFS: 'the file system is read-only',
      EISDIR: 'it is a directory',
      ENOTDIR: 'its directory is a file',
      ENOSPC: 'the disk is full',
    }[code];
    throw new CommandError(
      `The kubeconfig ${file} cannot be changed: ${why ?? code}. Name another file with --kubeconfig.`,
    );
  }
}

export function itemsOf(value: Fields, list: ListName): readonly unknown[] {
  const items = value[list];
  return Array.isArray(items) ? items : [];
}

export function itemOf(value: Fields, list: ListName, name: string): unknown {
  return itemsOf(value, list).find((item) => nameOf(item) === name);
}

export function fieldsOf(item: unknown, field: 'cluster' | 'context' | 'user'): Fields {
  if (typeof item !== 'object' || item === null) return {};
  const fields: unknown = Reflect.get(item, field);
  // A mapping read from YAML or JSON: its keys are texts.
  return typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? (fields as Fields) : {};
}

/** The server of a cluster of this name that no Fairlead on this machine can have written: they are all on loopback. */
export function foreignServer(config: KubeconfigText, name: string): string | undefined {
  const context = fieldsOf(itemOf(config.value, 'contexts', name), 'context').cluster;
  for (const cluster of [name, context]) {
    if (typeof cluster !== 'string') continue;
    const { server } = fieldsOf(itemOf(config.value, 'clusters', cluster), 'cluster');
    if (typeof server !== 'string') continue;
    const url = URL.parse(server);
    if (url === null || !isLoopbackUrl(url)) return server;
  }
  return undefined;
}
