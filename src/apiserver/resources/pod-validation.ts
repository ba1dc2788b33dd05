/** Pods as they are created, and what of a pod may still be changed. */
import type { FieldError } from '../../api/status.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../api/types/core-v1.ts';
import { forbiddenField, invalidValue } from '../../api/validation/field-errors.ts';
import { sameJson } from '../../api/validation/metadata.ts';
import { validateNewPodSpec, validatePodSpec } from './pod-spec-validation.ts';

export function validatePod({ spec = { containers: [] } }: Pod): FieldError[] {
  return validatePodSpec(spec, 'spec');
}

export function validateNewPod({ spec = { containers: [] } }: Pod): FieldError[] {
  return validateNewPodSpec(spec);
}

const mutable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate({ spec: next }: Pod, { spec: before }: Pod): FieldError[] {
  if (next === undefined || before === undefined) return [];
  const counts = (['containers', 'initContainers'] as const).filter(
    (list) => (next[list] ?? []).length !== (before[list] ?? []).length,
  );
  if (counts.length > 0) {
    return counts.map((list) => forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers'));
  }
  const errors = [...validateDeadline(next, before), ...validateAddedTolerations(next, before)];
  const comparable = { ...next };
  copyField(comparable, before, 'activeDeadlineSeconds');
  copyField(comparable, before, 'tolerations');
  if ((before.schedulingGates ?? []).length > 0) {
    copyField(comparable, before, 'schedulingGates');
    copyField(comparable, before, 'nodeSelector');
    copyField(comparable, before, 'affinity');
  }
  if (
    before.terminationGracePeriodSeconds !== undefined &&
    before.terminationGracePeriodSeconds < 0 &&
    next.terminationGracePeriodSeconds === 1
  ) {
    copyField(comparable, before, 'terminationGracePeriodSeconds');
  }
  comparable.containers = withImagesOf(next.containers, before.containers);
  if (next.initContainers !== undefined) {
    comparable.initContainers = withImagesOf(next.initContainers, before.initContainers ?? []);
  }
  if (!sameJson(comparable, before))
    errors.push(forbiddenField('spec', `${mutable}\n${describeChange(comparable, before)}`));
  return errors;
}

function copyField<K extends keyof PodSpec>(target: PodSpec, source: PodSpec, key: K): void {
  const value = source[key];
  if (value === undefined) delete target[key];
  else target[key] = value;
}

function withImagesOf(containers: readonly Container[], from: readonly Container[]): Container[] {
  return containers.map((container, index) => {
    const image = from[index]?.image;
    return image === undefined ? container : { ...container, image };
  });
}

function validateDeadline(
  { activeDeadlineSeconds: next }: PodSpec,
  { activeDeadlineSeconds: before }: PodSpec,
): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  if (next !== undefined) {
    if (before !== undefined && next > before) {
      return [invalidValue(field, next, 'must be less than or equal to previous value')];
    }
    return [];
  }
  return before === undefined
    ? []
    : [invalidValue(field, null, 'must not update from a positive integer to nil value')];
}

function validateAddedTolerations(
  { tolerations: next = [] }: PodSpec,
  { tolerations: before = [] }: PodSpec,
): FieldError[] {
  const kept = before.every((old) => next.some((one) => sameButSeconds(one, old)));
  return kept
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function sameButSeconds(one: Toleration, other: Toleration): boolean {
  return sameJson({ ...one, tolerationSeconds: undefined }, { ...other, tolerationSeconds: undefined });
}

/** The fields that differ, one a line, as `-` what was and `+` what was asked for. */
function describeChange(next: PodSpec, before: PodSpec): string {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(next)])] as (keyof PodSpec)[];
  return keys
    .filter((key) => !sameJson(next[key], before[key]))
    .map(
      (key) =>
        `- ${key}: ${JSON.stringify(before[key]) ?? 'absent'}\n+ ${key}: ${JSON.stringify(next[key]) ?? 'absent'}`,
    )
    .join('\n');
}
