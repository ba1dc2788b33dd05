import type { FieldError } from '../../api/status.ts';
import type { EnvFromSource, EnvVar } from '../../api/types/core-v1.ts';
import {
  at,
  forbiddenField,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { complainAboutConfigKey, complainAboutDnsSubdomain, complainAboutEnvName } from '../../api/validation/names.ts';

/** Fields of a pod that its containers may be told; `metadata.labels['x']` and `metadata.annotations['x']` besides. */
const downwardFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.hostNetwork',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const sourceNames = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;

export function validateEnv(
  { env = [], envFrom = [] }: { env?: EnvVar[]; envFrom?: EnvFromSource[] },
  path: string,
): FieldError[] {
  return [
    ...env.flatMap((variable, index) => validateVariable(variable, at(`${path}.env`, index))),
    ...envFrom.flatMap((source, index) => validateSource(source, at(`${path}.envFrom`, index))),
  ];
}

function validateVariable({ name = '', value = '', valueFrom }: EnvVar, path: string): FieldError[] {
  const errors =
    name === '' ? [required(`${path}.name`)] : invalidFor(`${path}.name`, name, complainAboutEnvName(name));
  if (valueFrom === undefined) return errors;
  const from = `${path}.valueFrom`;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) errors.push(...validateField(fieldRef.fieldPath ?? '', `${from}.fieldRef`));
  if (resourceFieldRef !== undefined && (resourceFieldRef.resource ?? '') === '') {
    errors.push(required(`${from}.resourceFieldRef.resource`));
  }
  for (const [kind, reference] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (reference === undefined) continue;
    if ((reference.name ?? '') === '') errors.push(required(`${from}.${kind}.name`));
    if ((reference.key ?? '') === '') errors.push(required(`${from}.${kind}.key`));
    else errors.push(...invalidFor(`${from}.${kind}.key`, reference.key, complainAboutConfigKey(reference.key)));
  }
  const given = sourceNames.filter((source) => valueFrom[source] !== undefined);
  if (given.length === 0) {
    const why =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalidValue(from, '', why));
  } else if (value !== '') errors.push(invalidValue(from, '', 'may not be specified when `value` is not empty'));
  else if (given.length > 1)
    errors.push(invalidValue(from, '', 'may not have more than one field specified at a time'));
  return errors;
}

function validateField(fieldPath: string, path: string): FieldError[] {
  if (fieldPath === '') return [required(`${path}.fieldPath`)];
  if (/^metadata\.(labels|annotations)\['.+'\]$/.test(fieldPath) || downwardFields.includes(fieldPath)) return [];
  return [notSupported(`${path}.fieldPath`, fieldPath, downwardFields)];
}

function validateSource({ prefix = '', configMapRef, secretRef }: EnvFromSource, path: string): FieldError[] {
  const errors = prefix === '' ? [] : invalidFor(`${path}.prefix`, prefix, complainAboutEnvName(prefix));
  for (const [kind, reference] of Object.entries({ configMapRef, secretRef })) {
    if (reference === undefined) continue;
    const { name = '' } = reference;
    if (name === '') errors.push(required(`${path}.${kind}.name`));
    else errors.push(...invalidFor(`${path}.${kind}.name`, name, complainAboutDnsSubdomain(name)));
  }
  if (configMapRef === undefined && secretRef === undefined) {
    errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
  } else if (configMapRef !== undefined && secretRef !== undefined) {
    errors.push(forbiddenField(path, 'may not have more than one field specified at a time'));
  }
  return errors;
}
