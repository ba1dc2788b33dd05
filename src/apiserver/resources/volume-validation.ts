/** Volumes: each has a name of its own and one source. What a source needs is checked for those that are common. */

import { parseQuantity } from '../../api/quantity/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import type { DownwardAPIVolumeFile, KeyToPath, Volume } from '../../api/types/core-v1.ts';
import {
  at,
  duplicate,
  forbiddenField,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { complainAboutDnsLabel } from '../../api/validation/names.ts';
import { validateAmount, validateFieldPath } from './env-validation.ts';

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function validateVolumes(volumes: readonly Volume[], field: string): FieldError[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const path = at(field, index);
    const { name = '', ...sources } = volume;
    const errors: FieldError[] = validateSources(volume, Object.keys(sources), path);
    if (name === '') errors.push(required(`${path}.name`));
    else {
      errors.push(...invalidFor(`${path}.name`, name, complainAboutDnsLabel(name)));
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
    return errors;
  });
}

function validateSources(volume: Volume, kinds: readonly string[], path: string): FieldError[] {
  const errors = kinds
    .slice(1)
    .map((kind) => forbiddenField(`${path}.${kind}`, 'may not specify more than 1 volume type'));
  const { configMap, secret, hostPath, emptyDir, persistentVolumeClaim, projected } = volume;
  if (configMap !== undefined) {
    if ((configMap.name ?? '') === '') errors.push(required(`${path}.configMap.name`));
    errors.push(...validateMode(configMap.defaultMode, `${path}.configMap.defaultMode`));
    errors.push(...validateItems(configMap.items, `${path}.configMap.items`));
  }
  if (secret !== undefined) {
    if ((secret.secretName ?? '') === '') errors.push(required(`${path}.secret.secretName`));
    errors.push(...validateMode(secret.defaultMode, `${path}.secret.defaultMode`));
    errors.push(...validateItems(secret.items, `${path}.secret.items`));
  }
  if (hostPath !== undefined) {
    const { path: where = '', type = '' } = hostPath;
    if (where === '') errors.push(required(`${path}.hostPath.path`));
    else errors.push(...validateNoBackstep(where, `${path}.hostPath.path`));
    if (where !== '' && !hostPathTypes.includes(type))
      errors.push(notSupported(`${path}.hostPath.type`, type, hostPathTypes));
  }
  if (emptyDir?.sizeLimit !== undefined && (parseQuantity(emptyDir.sizeLimit)?.sign() ?? -1) < 0) {
    errors.push(forbiddenField(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  }
  errors.push(...validateDownward(volume.downwardAPI?.items, `${path}.downwardAPI`));
  if (persistentVolumeClaim !== undefined && (persistentVolumeClaim.claimName ?? '') === '') {
    errors.push(required(`${path}.persistentVolumeClaim.claimName`));
  }
  for (const [index, source] of (projected?.sources ?? []).entries()) {
    const from = at(`${path}.projected.sources`, index);
    const given = Object.keys(source);
    if (given.length > 1) errors.push(forbiddenField(from, 'may not specify more than 1 volume type per source'));
    errors.push(...validateItems(source.configMap?.items ?? source.secret?.items, `${from}.${given[0]}.items`));
    errors.push(...validateDownward(source.downwardAPI?.items, `${from}.downwardAPI`));
    if (source.configMap !== undefined && (source.configMap.name ?? '') === '')
      errors.push(required(`${from}.configMap.name`));
    if (source.secret !== undefined && (source.secret.name ?? '') === '') errors.push(required(`${from}.secret.name`));
    const token = source.serviceAccountToken;
    if (token !== undefined) {
      if ((token.path ?? '') === '') errors.push(required(`${path}.projected.path`));
      if ((token.expirationSeconds ?? 3600) < 600) {
        const why = 'may not specify a duration less than 10 minutes';
        errors.push(invalidValue(`${from}.serviceAccountToken.expirationSeconds`, token.expirationSeconds, why));
      }
    }
  }
  return errors;
}

const downwardFields = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

function validateDownward(items: readonly DownwardAPIVolumeFile[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap(({ path = '', fieldRef, resourceFieldRef, mode }) => {
    const errors = path === '' ? [required(`${field}.path`)] : validateLocalPath(path, `${field}.path`);
    if (fieldRef !== undefined)
      errors.push(...validateFieldPath(fieldRef.fieldPath ?? '', `${field}.fieldRef`, downwardFields));
    else if (resourceFieldRef !== undefined) {
      errors.push(...validateAmount(resourceFieldRef.resource ?? '', `${field}.resourceFieldRef`));
    } else errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
    return [...errors, ...validateMode(mode, `${field}.mode`)];
  });
}

function validateMode(mode: number | undefined, field: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

function validateItems(items: readonly KeyToPath[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap(({ key = '', path = '', mode }, index) => {
    const where = at(field, index);
    return [
      ...(key === '' ? [required(`${where}.key`)] : []),
      ...(path === '' ? [required(`${where}.path`)] : validateLocalPath(path, `${where}.path`)),
      ...validateMode(mode, `${where}.mode`),
    ];
  });
}

/** A path below something: relative, and never upwards. */
export function validateLocalPath(path: string, field: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : [];
  return [...errors, ...validateNoBackstep(path, field)];
}

function validateNoBackstep(path: string, field: string): FieldError[] {
  return path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : [];
}
