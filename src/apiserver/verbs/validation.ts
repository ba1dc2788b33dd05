/** The checks that every kind shares, and those of its definition; complaints become one 422. */
import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { invalid } from '../../api/status.ts';
import type { ObjectPart, ResourceDefinition } from '../resources/resource.ts';
import type { ServedResource } from '../served-resource.ts';
import { complainAboutMeta } from './object-meta.ts';
import { validateObjectMeta } from './validate-meta.ts';

/** Throws `StatusError` 422. */
export function validateNew({ definition, kind }: ServedResource, object: KubeObject): void {
  refuse(kind, object, [
    ...validateObjectMeta(object.metadata, definition),
    ...(definition.validate?.(object) ?? []),
    ...(definition.validateCreate?.(object) ?? []),
  ]);
}

/** Of a write that can change nothing but metadata and status. Throws `StatusError` 422. */
export function validateMetaChange({ definition, kind }: ServedResource, next: KubeObject, previous: KubeObject): void {
  refuse(kind, next, metaErrors(definition, next, previous));
}

/** `part`: what of the object is written, where that is not all. Throws `StatusError` 422. */
export function validateChange(
  { definition, kind }: ServedResource,
  next: KubeObject,
  previous: KubeObject,
  part: ObjectPart<KubeObject> | undefined,
): void {
  refuse(kind, next, [
    ...metaErrors(definition, next, previous),
    ...(definition.validate?.(next) ?? []),
    ...((part ?? definition).validateUpdate?.(next, previous) ?? []),
  ]);
}

function metaErrors(definition: ResourceDefinition, next: KubeObject, previous: KubeObject): FieldError[] {
  return [...complainAboutMeta(next, previous), ...validateObjectMeta(next.metadata, definition)];
}

function refuse(kind: ServedResource['kind'], object: KubeObject, errors: FieldError[]): void {
  if (errors.length > 0) throw invalid(kind, object.metadata.name ?? '', errors);
}
