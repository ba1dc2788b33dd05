/** The files of configMap, secret, downwardAPI and projected volumes. */
import type { DownwardAPIVolumeFile, KeyToPath, Pod, Volume, VolumeProjection } from '../../api/types/core-v1.ts';
import type { TokenQuery } from '../pods/cluster-objects.ts';
import { ConfigError } from '../pods/config-error.ts';
import type { EnvironmentFacts } from '../pods/environment.ts';
import { podField } from '../pods/pod-fields.ts';
import { resourceField } from '../pods/resource-fields.ts';
import type { VolumeFile } from './atomic-files.ts';
import { isVolumePath } from './atomic-files.ts';

export interface PayloadFacts extends EnvironmentFacts {
  /** Kept and renewed by the caller; see `token-cache.ts`. */
  token(query: TokenQuery): Promise<string>;
}

/** Undefined for a volume that is not made of files of the cluster. Throws `ConfigError` where something is missing. */
export async function volumePayload(
  pod: Pod,
  volume: Volume,
  facts: PayloadFacts,
): Promise<Map<string, VolumeFile> | undefined> {
  const files = new Map<string, VolumeFile>();
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    await addSource(files, pod, { configMap }, configMap.defaultMode ?? 0o644, facts);
  } else if (secret !== undefined) {
    const { secretName = '', ...rest } = secret;
    await addSource(files, pod, { secret: { ...rest, name: secretName } }, secret.defaultMode ?? 0o644, facts);
  } else if (downwardAPI !== undefined) {
    await addSource(files, pod, { downwardAPI }, downwardAPI.defaultMode ?? 0o644, facts);
  } else if (projected !== undefined) {
    for (const source of projected.sources ?? []) {
      await addSource(files, pod, source, projected.defaultMode ?? 0o644, facts);
    }
  } else {
    return undefined;
  }
  return files;
}

async function addSource(
  files: Map<string, VolumeFile>,
  pod: Pod,
  source: VolumeProjection,
  mode: number,
  facts: PayloadFacts,
): Promise<void> {
  const namespace = pod.metadata.namespace ?? '';
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) {
    const { name = '', items, optional = false } = configMap;
    const object = await facts.objects.configMap(namespace, name);
    if (object === undefined && !optional) throw new ConfigError(`configmap "${name}" not found`);
    const data = new Map<string, Buffer>();
    for (const [key, value] of Object.entries(object?.data ?? {})) data.set(key, Buffer.from(value));
    for (const [key, value] of Object.entries(object?.binaryData ?? {})) data.set(key, Buffer.from(value, 'base64'));
    addKeys(files, data, items, mode, optional);
  } else if (secret !== undefined) {
    const { name = '', items, optional = false } = secret;
    const object = await facts.objects.secret(namespace, name);
    if (object === undefined && !optional) throw new ConfigError(`secret "${name}" not found`);
    const data = new Map<string, Buffer>();
    for (const [key, value] of Object.entries(object?.data ?? {})) data.set(key, Buffer.from(value, 'base64'));
    addKeys(files, data, items, mode, optional);
  } else if (downwardAPI !== undefined) {
    for (const item of downwardAPI.items ?? []) {
      put(files, item.path, Buffer.from(downwardValue(item, pod, facts)), item.mode ?? mode);
    }
  } else if (serviceAccountToken !== undefined) {
    const { audience, expirationSeconds = 3600, path } = serviceAccountToken;
    const token = await facts.token({
      namespace,
      serviceAccount: pod.spec?.serviceAccountName ?? 'default',
      ...(audience === undefined || audience === '' ? {} : { audience }),
      expirationSeconds,
      pod: { name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' },
    });
    // Readable for its own user alone, whatever the default: all processes of this machine could reach it otherwise.
    put(files, path, Buffer.from(token), mode & 0o700);
  } else {
    throw new ConfigError(`the process runtime cannot honour a projected volume's ${Object.keys(source).join(', ')}`);
  }
}

function downwardValue(item: DownwardAPIVolumeFile, pod: Pod, facts: PayloadFacts): string {
  if (item.fieldRef !== undefined) return podField(pod, item.fieldRef.fieldPath, facts.addresses);
  const { resourceFieldRef } = item;
  const container = pod.spec?.containers.find(({ name }) => name === resourceFieldRef?.containerName);
  if (resourceFieldRef === undefined || container === undefined) {
    throw new ConfigError(`downwardAPI item ${item.path} names no field or container`);
  }
  return resourceField(resourceFieldRef, container, facts.nodeResources);
}

function addKeys(
  files: Map<string, VolumeFile>,
  data: ReadonlyMap<string, Buffer>,
  items: readonly KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
): void {
  if (items === undefined || items.length === 0) {
    for (const [key, value] of data) put(files, key, value, mode);
    return;
  }
  for (const item of items) {
    const value = data.get(item.key);
    if (value !== undefined) put(files, item.path, value, item.mode ?? mode);
    else if (!optional) throw new ConfigError(`references non-existent config key: ${item.key}`);
  }
}

function put(files: Map<string, VolumeFile>, path: string, data: Buffer, mode: number): void {
  if (!isVolumePath(path)) throw new ConfigError(`${JSON.stringify(path)} is no path inside a volume`);
  files.set(path, { data, mode });
}
