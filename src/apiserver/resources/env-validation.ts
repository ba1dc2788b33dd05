import type { FieldError } from '../../api/status.ts';
import type { EnvFromSource, EnvVar } from '../../api/types/core-v1.ts';
import { at, invalidFor, invalidValue, notSupported, required } from '../../api/validation/field-errors.ts';
import {
  complainAboutConfigKey,
  complainAboutDnsSubdomain,
  complainAboutEnvName,
  complainAboutQualifiedName,
} from '../../api/validation/names.ts';

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
    ...envFrom.flatMap((source, index) => validateSource(source, `${path}.envFrom`, index)),
  ];
}

function validateVariable({ name = '', value = '', valueFrom }: EnvVar, path: string): FieldError[] {
  const errors =
    name === '' ? [required(`${path}.name`)] : invalidFor(`${path}.name`, name, complainAboutEnvName(name));
  if (valueFrom === undefined) return errors;
  const from = `${path}.valueFrom`;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) errors.push(...validateField(fieldRef.fieldPath ?? '', `${from}.fieldRef`));
  if (resourceFieldRef !== undefined)
    errors.push(...validateAmount(resourceFieldRef.resource ?? '', `${from}.resourceFieldRef`));
  for (const [kind, reference] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (reference === undefined) continue;
    errors.push(
      ...invalidFor(`${from}.${kind}.name`, reference.name ?? '', complainAboutDnsSubdomain(reference.name ?? '')),
    );
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

/** Pod fields that have a name of this kind at all; a container's environment may have those of `downwardFields`. */
const podFields = [
  ...downwardFields,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'status.nominatedNodeName',
];
const amounts = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

function validateField(fieldPath: string, path: string): FieldError[] {
  if (fieldPath === '') return [required(`${path}.fieldPath`)];
  return validateFieldPath(fieldPath, path, downwardFields);
}

/** `supported`: the plain fields allowed where it stands; single labels and annotations always are. */
export function validateFieldPath(fieldPath: string, path: string, supported: readonly string[]): FieldError[] {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    const key = subscript[2] ?? '';
    return invalidFor(path, key, complainAboutQualifiedName(subscript[1] === 'labels' ? key : key.toLowerCase()));
  }
  if (supported.includes(fieldPath)) return [];
  if (podFields.includes(fieldPath) || /^metadata\.(labels|annotations)$/.test(fieldPath)) {
    return [notSupported(`${path}.fieldPath`, fieldPath, supported)];
  }
  return [
    invalidValue(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`),
  ];
}

export function validateAmount(resource: string, path: string): FieldError[] {
  if (resource === '') return [required(`${path}.resource`)];
  if (amounts.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(`${path}.resource`, resource, amounts)];
}

function validateSource(
  { prefix = '', configMapRef, secretRef }: EnvFromSource,
  list: string,
  index: number,
): FieldError[] {
  const path = at(list, index);
  const errors = prefix === '' ? [] : invalidFor(`${path}.prefix`, prefix, complainAboutEnvName(prefix));
  for (const [kind, reference] of Object.entries({ configMapRef, secretRef })) {
    if (reference === undefined) continue;
    const { name = '' } = reference;
    if (name === '') errors.push(required(`${path}.${kind}.name`));
    else errors.push(...invalidFor(`${path}.${kind}.name`, name, complainAboutDnsSubdomain(name)));
  }
  if (configMapRef === undefined && secretRef === undefined) {
    errors.push(invalidValue(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
  } else if (configMapRef !== undefined && secretRef !== undefined) {
    errors.push(invalidValue(list, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}
