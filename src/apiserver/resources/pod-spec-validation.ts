/** What the spec of a pod or of a template must satisfy, after `ValidatePodSpec` of `pkg/apis/core/validation`. */
import type { FieldError } from '../../api/status.ts';
import type { PodSpec, Toleration } from '../../api/types/core-v1.ts';
import {
  at,
  forbiddenField,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { validateLabels } from '../../api/validation/metadata.ts';
import {
  complainAboutDnsLabel,
  complainAboutDnsSubdomain,
  complainAboutLabelValue,
  complainAboutQualifiedName,
} from '../../api/validation/names.ts';
import { validateContainers, validateId } from './container-validation.ts';
import { validateVolumes } from './volume-validation.ts';

const mostSeconds = 2 ** 31 - 1;

export function validatePodSpec(spec: PodSpec, field: string): FieldError[] {
  const errors = [...validateVolumes(spec.volumes ?? [], `${field}.volumes`), ...validateContainers(spec, field)];
  errors.push(
    ...oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${field}.restartPolicy`),
    ...oneOf(spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], `${field}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
  );
  if (spec.dnsPolicy === 'None') {
    if (spec.dnsConfig === undefined) {
      errors.push(required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    } else if ((spec.dnsConfig.nameservers ?? []).length === 0) {
      const why = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      errors.push(required(`${field}.dnsConfig.nameservers`, why));
    }
  }
  for (const name of ['serviceAccountName', 'nodeName', 'priorityClassName'] as const) {
    const value = spec[name] ?? '';
    if (value !== '') errors.push(...invalidFor(`${field}.${name}`, value, complainAboutDnsSubdomain(value)));
  }
  for (const name of ['hostname', 'subdomain'] as const) {
    const value = spec[name] ?? '';
    if (value !== '') errors.push(...invalidFor(`${field}.${name}`, value, complainAboutDnsLabel(value)));
  }
  const { activeDeadlineSeconds: deadline } = spec;
  if (deadline !== undefined && (deadline < 1 || deadline > mostSeconds)) {
    errors.push(
      invalidValue(`${field}.activeDeadlineSeconds`, deadline, `must be between 1 and ${mostSeconds}, inclusive`),
    );
  }
  if ((spec.schedulerName ?? '') === '') errors.push(required(`${field}.schedulerName`));
  const user = spec.securityContext ?? {};
  for (const name of ['runAsUser', 'runAsGroup', 'fsGroup'] as const) {
    errors.push(...validateId(user[name], `${field}.securityContext.${name}`));
  }
  for (const [index, { ip = '', hostnames = [] }] of (spec.hostAliases ?? []).entries()) {
    const path = at(`${field}.hostAliases`, index);
    if (ip === '') errors.push(required(`${path}.ip`));
    for (const name of hostnames)
      errors.push(...invalidFor(`${path}.hostnames`, name, complainAboutDnsSubdomain(name)));
  }
  return [...errors, ...validateTolerations(spec.tolerations ?? [], `${field}.tolerations`)];
}

function oneOf(value = '', supported: readonly string[], field: string): FieldError[] {
  if (value === '') return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

export function validateTolerations(tolerations: readonly Toleration[], field: string): FieldError[] {
  return tolerations.flatMap(({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, index) => {
    const path = at(field, index);
    const errors: FieldError[] = [];
    if (key !== '') errors.push(...invalidFor(`${path}.key`, key, complainAboutQualifiedName(key)));
    else if (operator !== 'Exists') {
      const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalidValue(`${path}.operator`, operator, why));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalidValue(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === '' || operator === 'Equal') {
      const complaints = complainAboutLabelValue(value);
      if (complaints.length > 0) errors.push(invalidValue(`${path}.operator`, value, complaints.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '')
        errors.push(invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
    if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, effects));
    return errors;
  });
}

/** Pods only: what a template may have and a pod to be created may not. */
export function validateNewPodSpec(spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if ((spec.schedulingGates ?? []).length > 0 && (spec.nodeName ?? '') !== '') {
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}
