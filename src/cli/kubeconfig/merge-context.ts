/** Adds a cluster to a user's kubeconfig and takes it out again, leaving everything else as it was. */
import { readFile, stat } from 'node:fs/promises';
import { CommandError } from '../command.ts';
import type { Fields, KubeconfigText, ListName } from './edit-text.ts';
import { nameOf, openKubeconfigText, UneditableText } from './edit-text.ts';
import { errorCode } from './error-code.ts';
import { withKubeconfigLock } from './lock.ts';
import { replaceFile } from './replace-file.ts';

const defaultPatienceMs = 3000;

export interface ContextToMerge {
  file: string;
  /** Of the context, and of its cluster and user. */
  name: string;
  /** `https://127.0.0.1:6443` */
  server: string;
  caPem: string;
  certPem: string;
  keyPem: string;
  /** Make it the current context even if there is another. */
  use?: boolean;
  /** How long to wait for another program that writes the file; default 3 seconds. */
  lockPatienceMs?: number;
}

/**
 * Adds or renews the context with its cluster and user; current it becomes with `use`, or if there was none. Throws a
 * CommandError, the file untouched, where the name belongs to a cluster of another machine or the file cannot be understood.
 */
export async function mergeContext(merge: ContextToMerge): Promise<{ changed: boolean; current: boolean }> {
  const { file, name } = merge;
  return editKubeconfig(file, merge.lockPatienceMs, (config) => {
    const other = foreignServer(config, name);
    if (other !== undefined) {
      throw new CommandError(
        `${file} has a cluster "${name}" already, at ${other}. Choose another name with --name, or another file with --kubeconfig.`,
      );
    }
    if (Object.keys(config.value).length === 0) config.setApiVersion();
    config.setItem('clusters', {
      cluster: { 'certificate-authority-data': base64(merge.caPem), server: merge.server },
      name,
    });
    // A namespace that the user has set for this context stays.
    const context = fieldsOf(itemOf(config.value, 'contexts', name), 'context');
    config.setItem('contexts', { context: { ...context, cluster: name, user: name }, name });
    config.setItem('users', {
      name,
      user: { 'client-certificate-data': base64(merge.certPem), 'client-key-data': base64(merge.keyPem) },
    });
    const current = config.value['current-context'];
    if (merge.use === true ? current !== name : current === undefined || current === null || current === '') {
      config.setCurrentContext(name);
    }
    return { current: config.value['current-context'] === name };
  });
}

/**
 * Takes the context out, and its cluster and user where no other context uses them. A current context of that name is unset.
 * A missing file, or one without the context, is no error.
 */
export async function removeContext({ file, name }: { file: string; name: string }): Promise<{ changed: boolean }> {
  if ((await stat(file).catch(() => undefined)) === undefined) return { changed: false };
  return editKubeconfig(file, undefined, (config) => {
    if (foreignServer(config, name) !== undefined) return {};
    config.removeItem('contexts', name);
    for (const [list, field] of [
      ['clusters', 'cluster'],
      ['users', 'user'],
    ] as const) {
      const used = itemsOf(config.value, 'contexts').some((item) => fieldsOf(item, 'context')[field] === name);
      if (!used) config.removeItem(list, name);
    }
    if (config.value['current-context'] === name) config.setCurrentContext('');
    return {};
  });
}

type Edit<T> = (config: KubeconfigText) => T;

async function editKubeconfig<T extends object>(
  file: string,
  patienceMs: number | undefined,
  edit: Edit<T>,
): Promise<T & { changed: boolean }> {
  try {
    return await withKubeconfigLock(file, patienceMs ?? defaultPatienceMs, async () => {
      const before = await readFile(file, 'utf8').catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      const config = await openKubeconfigText(before ?? '');
      const result = edit(config);
      const changed = config.text !== (before ?? '');
      if (changed) await replaceFile(file, config.text);
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

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64');
}

function itemsOf(value: Fields, list: ListName): readonly unknown[] {
  const items = value[list];
  return Array.isArray(items) ? items : [];
}

function itemOf(value: Fields, list: ListName, name: string): unknown {
  return itemsOf(value, list).find((item) => nameOf(item) === name);
}

function fieldsOf(item: unknown, field: 'cluster' | 'context' | 'user'): Fields {
  if (typeof item !== 'object' || item === null) return {};
  const fields: unknown = Reflect.get(item, field);
  // A mapping read from YAML or JSON: its keys are texts.
  return typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? (fields as Fields) : {};
}

/** The server of a cluster of this name that no Fairlead on this machine can have written: they are all on loopback. */
function foreignServer(config: KubeconfigText, name: string): string | undefined {
  const context = fieldsOf(itemOf(config.value, 'contexts', name), 'context').cluster;
  for (const cluster of [name, context]) {
    if (typeof cluster !== 'string') continue;
    const { server } = fieldsOf(itemOf(config.value, 'clusters', cluster), 'cluster');
    if (typeof server !== 'string') continue;
    const host = URL.parse(server)?.hostname ?? '';
    if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(host)) return server;
  }
  return undefined;
}
