/** The checks that every kind shares, and those of its definition; complaints become one 422. */
import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { invalid } from '../../api/status.ts';
import type { ServedResource } from '../served-resource.ts';
import { complainAboutMeta } from './object-meta.ts';
import { validateObjectMeta } from './validate-meta.ts';

/** Throws `StatusError` 422. */
export function validateNew({ definition, kind }: ServedResource, object: KubeObject): void {
  const errors: FieldError[] = [
    ...validateObjectMeta(object.metadata, definition),
    ...(definition.validate?.(object) ?? []),
  ];
  if (errors.length > 0) throw invalid(kind, object.metadata.name ?? '', errors);
}

/** Of a write that can change nothing but metadata and status. Throws `StatusError` 422. */
export function validateMetaChange({ definition, kind }: ServedResource, next: KubeObject, previous: KubeObject): void {
  const errors = [...complainAboutMeta(next, previous), ...validateObjectMeta(next.metadata, definition)];
  if (errors.length > 0) throw invalid(kind, next.metadata.name ?? '', errors);
}

/** Throws `StatusError` 422. */
export function validateChange({ definition, kind }: ServedResource, next: KubeObject, previous: KubeObject): void {
  const errors: FieldError[] = [
    ...complainAboutMeta(next, previous),
    ...validateObjectMeta(next.metadata, definition),
    ...(definition.validate?.(next) ?? []),
    ...(definition.validateUpdate?.(next, previous) ?? []),
  ];
  if (errors.length > 0) throw invalid(kind, next.metadata.name ?? '', errors);
}
