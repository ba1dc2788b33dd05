/** Labels, annotations, finalizers, owners and label selectors, wherever they stand. */
import { isRecord } from '../../lib/is-record.ts';
import type { ObjectMeta, OwnerReference } from '../object.ts';
import type { FieldError } from '../status.ts';
import type { LabelSelector } from '../types/meta-v1.ts';
import { at, forbiddenField, invalidFor, invalidValue, required, tooLong } from './field-errors.ts';
import { complainAboutLabelValue, complainAboutQualifiedName } from './names.ts';

const annotationsLimit = 256 * 1024;

/** What every object's metadata must satisfy besides its name. */
export function validateMetadata(metadata: ObjectMeta, field = 'metadata'): FieldError[] {
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return [
    ...validateLabels(labels, `${field}.labels`),
    ...validateAnnotations(annotations, `${field}.annotations`),
    ...(ownerReferences === undefined ? [] : validateOwners(ownerReferences, `${field}.ownerReferences`)),
    ...(finalizers ?? []).flatMap((name) => invalidFor(`${field}.finalizers`, name, complainAboutQualifiedName(name))),
  ];
}

export function validateLabels(labels: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidFor(field, key, complainAboutQualifiedName(key)),
    ...invalidFor(field, value, complainAboutLabelValue(value)),
  ]);
}

export function validateAnnotations(annotations: Record<string, string> | undefined, field: string): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) => invalidFor(field, key, complainAboutQualifiedName(key.toLowerCase())));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > annotationsLimit) errors.push(tooLong(field, annotationsLimit));
  return errors;
}

function validateOwners(owners: readonly OwnerReference[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const owner of owners) {
    if ((owner.apiVersion ?? '') === '')
      errors.push(invalidValue(`${field}.apiVersion`, '', 'version must not be empty'));
    for (const name of ['kind', 'name', 'uid'] as const) {
      if ((owner[name] ?? '') === '') errors.push(invalidValue(`${field}.${name}`, '', 'must not be empty'));
    }
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
      errors.push(invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller !== true) continue;
    if (controller !== undefined) {
      const names = `${controller.kind}/${controller.name} and ${owner.kind}/${owner.name}`;
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
      errors.push(invalidValue(field, owners, why));
    } else controller = owner;
  }
  return errors;
}

export function validateLabelSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  const errors = validateLabels(selector?.matchLabels, `${field}.matchLabels`);
  for (const [index, { key, operator, values = [] }] of (selector?.matchExpressions ?? []).entries()) {
    const path = at(`${field}.matchExpressions`, index);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        errors.push(
          forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
    } else errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
    errors.push(...invalidFor(`${path}.key`, key, complainAboutQualifiedName(key)));
    for (const [position, value] of values.entries()) {
      errors.push(...invalidFor(at(`${path}.values`, position), value, complainAboutLabelValue(value)));
    }
  }
  return errors;
}

/** Deep equality of JSON values; a field that is undefined is one that is absent. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) && one.length === other.length && one.every((value, index) => sameJson(value, other[index]))
    );
  }
  if (!isRecord(one) || !isRecord(other) || Array.isArray(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => sameJson(one[key], other[key]));
}
