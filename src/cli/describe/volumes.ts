/** Volumes of pods. */
import type { Volume } from '../../api/types/core-v1.ts';
import type { Description } from './description.ts';
import { shorten, sortedPairs } from './labels.ts';
import { describeClaimBody } from './persistent-volume-claims.ts';
import { volumeSourceText } from './volume-sources.ts';
import type { VolumeText } from './volume-text.ts';

/** kubectl writes these two unlike all others. */
const unlike: ReadonlyMap<string, string> = new Map([
  ['ISCSIInterface', 'ISCSIInterface'],
  ['Kind', 'Kind: '],
]);

export function describeVolumes(out: Description, volumes: readonly Volume[] = [], indent = ''): void {
  if (volumes.length === 0) {
    out.field(0, `${indent}Volumes`, '<none>');
    return;
  }
  out.line(0, `${indent}Volumes:`);
  for (const volume of volumes) {
    out.line(1, `${indent === '' ? '' : ' '}${volume.name}:`);
    describeVolumeSource(out, volume);
  }
}

function describeVolumeSource(out: Description, volume: Volume): void {
  const { downwardAPI, projected, ephemeral, csi } = volume;
  if (downwardAPI !== undefined) {
    out.field(2, 'Type', 'DownwardAPI (a volume populated by information about the pod)');
    out.line(2, 'Items:');
    for (const { fieldRef, resourceFieldRef, path } of downwardAPI.items ?? []) {
      if (fieldRef !== undefined) out.line(3, `${fieldRef.fieldPath} -> ${path}`);
      if (resourceFieldRef !== undefined) out.line(3, `${resourceFieldRef.resource} -> ${path}`);
    }
  } else if (projected !== undefined) {
    out.field(2, 'Type', 'Projected (a volume that contains injected data from multiple sources)');
    for (const source of projected.sources ?? []) {
      if (source.secret !== undefined) describeNamed(out, 'SecretName', source.secret);
      else if (source.downwardAPI !== undefined) out.field(2, 'DownwardAPI', 'true');
      else if (source.configMap !== undefined) describeNamed(out, 'ConfigMapName', source.configMap);
      else if (source.serviceAccountToken !== undefined)
        out.field(2, 'TokenExpirationSeconds', source.serviceAccountToken.expirationSeconds);
    }
  } else if (ephemeral !== undefined) {
    const about = 'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)';
    out.field(2, 'Type', about);
    const { volumeClaimTemplate: template } = ephemeral;
    if (template !== undefined) describeClaimBody(out, { metadata: template.metadata ?? {}, spec: template.spec }, 2);
  } else {
    describeSource(out, volumeSourceText(volume));
    if (csi !== undefined) describeVolumeAttributes(out, csi.volumeAttributes);
  }
}

function describeNamed(out: Description, label: string, { name, optional }: { name?: string; optional?: boolean }) {
  out.field(2, label, name);
  out.field(2, 'Optional', optional ?? false);
}

/** Undefined: a kind of volume that is not known. */
export function describeSource(out: Description, text: VolumeText | undefined): void {
  if (text === undefined) {
    out.line(1, '<unknown>');
    return;
  }
  const [about, ...fields] = text;
  out.field(2, 'Type', about);
  for (const [label, value] of fields) out.line(2, unlike.get(label) ?? `${label}:`, String(value ?? ''));
}

/** What a driver of the Container Storage Interface was told. */
export function describeVolumeAttributes(out: Description, attributes: Record<string, string> | undefined): void {
  const pairs = sortedPairs(attributes);
  if (pairs.length === 0) out.field(2, 'VolumeAttributes', '<none>');
  pairs.forEach(([key, value], index) => {
    const text = `    ${shorten(`${key}=${value}`, 140)}`;
    if (index === 0) out.field(2, 'VolumeAttributes', text);
    else out.line(4, '', text);
  });
}
