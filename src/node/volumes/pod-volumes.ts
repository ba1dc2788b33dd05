/**
 * A pod's volumes as directories and files below the pod's directory. Processes share the host's file system, so nothing
 * can appear at a mount path: each container gets a root of its own (`FAIRLEAD_ROOT`) below which its mount paths lead,
 * as links, to the volumes.
 */
import { lstat, mkdir, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import type { Container, HostPathVolumeSource, Pod, Volume } from '../../api/types/core-v1.ts';
import { ConfigError } from '../pods/config-error.ts';
import { expand } from '../pods/expand.ts';
import { isVolumePath, writeVolume } from './atomic-files.ts';
import type { PayloadFacts } from './payload.ts';
import { volumePayload } from './payload.ts';

export class PodVolumes {
  readonly #pod: () => Pod;
  readonly #directory: string;
  readonly #facts: PayloadFacts;

  /** `pod` gives the pod as last seen, so that downward API files follow its labels. */
  constructor(options: { pod: () => Pod; podDirectory: string; facts: PayloadFacts }) {
    this.#pod = options.pod;
    this.#directory = options.podDirectory;
    this.#facts = options.facts;
  }

  /** Makes the volumes, or brings their files up to date. Throws `ConfigError` where one cannot be made. */
  async materialise(): Promise<void> {
    const pod = this.#pod();
    for (const volume of pod.spec?.volumes ?? []) {
      const files = await volumePayload(pod, volume, this.#facts);
      const directory = this.#volumeDirectory(volume.name);
      if (files !== undefined) await writeVolume(directory, files);
      else if (volume.emptyDir !== undefined) await mkdir(directory, { recursive: true, mode: 0o700 });
      else if (volume.hostPath !== undefined) await prepareHostPath(volume.hostPath);
      else throw new ConfigError(`the process runtime cannot honour ${unsupportedVolume(volume)}`);
    }
  }

  /** Links the container's mounts below its root and returns that root. */
  async mount(container: Container, environment: Readonly<Record<string, string>>): Promise<string> {
    const root = join(this.#directory, 'containers', container.name, 'root');
    await mkdir(root, { recursive: true, mode: 0o700 });
    // Parents first, so that a mount inside another one is made in that volume, as nested mounts are.
    const mounts = [...(container.volumeMounts ?? [])].sort((a, b) => a.mountPath.length - b.mountPath.length);
    for (const { name, mountPath, subPath = '', subPathExpr = '' } of mounts) {
      const volume = this.#pod().spec?.volumes?.find((candidate) => candidate.name === name);
      if (volume === undefined) throw new ConfigError(`volume mount ${name} names no volume of the pod`);
      const inside = subPathExpr === '' ? subPath : expand(subPathExpr, (variable) => environment[variable]);
      if (inside !== '' && !isVolumePath(inside)) throw new ConfigError(`subPath ${inside} leaves its volume`);
      const top = volume.hostPath?.path ?? this.#volumeDirectory(name);
      const source = join(top, inside);
      if (inside !== '') await makeInside(top, source);
      const target = join(root, normalize(`/${mountPath}`));
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    return root;
  }

  #volumeDirectory(name: string): string {
    return join(this.#directory, 'volumes', name);
  }
}

/** The directory where there is nothing yet. Throws `ConfigError` where links that a pod made lead out of the volume. */
async function makeInside(top: string, path: string): Promise<void> {
  await makeDirectory(top);
  let existing = path;
  while ((await lstat(existing).catch(() => undefined)) === undefined && existing !== top) existing = dirname(existing);
  const real = await realpath(existing).catch(() => '');
  const way = relative(await realpath(top), real);
  if (real === '' || way === '..' || way.startsWith('../'))
    throw new ConfigError(`subPath ${relative(top, path)} leads out of its volume by a link`);
  await makeDirectory(path);
}

/** A file in its place stays. */
async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** The volume's name and type, as a person would say it. */
export function unsupportedVolume(volume: Volume): string {
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'no type';
  return `volume ${volume.name} (${type})`;
}

async function prepareHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
  if (type === 'FileOrCreate') await writeFile(path, '', { flag: 'a', mode: 0o644 });
  if (type === '' || type.endsWith('OrCreate')) return;
  const found = await stat(path).catch(() => undefined);
  const fits =
    (type === 'Directory' && found?.isDirectory()) ||
    (type === 'File' && found?.isFile()) ||
    (type === 'Socket' && found?.isSocket()) ||
    (type === 'CharDevice' && found?.isCharacterDevice()) ||
    (type === 'BlockDevice' && found?.isBlockDevice());
  if (fits !== true) throw new ConfigError(`hostPath type check failed: ${path} is not a ${type}`);
}
