/** What every object's metadata must satisfy, its name by the rules of its kind. */
import type { ObjectMeta } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidFor, required, tooLong } from '../../api/validation/field-errors.ts';
import { complainAboutFieldManager } from '../../api/validation/field-manager.ts';
import { validateMetadata } from '../../api/validation/metadata.ts';
import { complainAboutDnsSubdomain } from '../../api/validation/names.ts';
import type { ResourceDefinition } from '../resources/resource.ts';

const LONGEST_SUBRESOURCE_BYTES = 256;
/** The only ones that need no domain before them. */
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

export function validateObjectMeta(metadata: ObjectMeta, definition: ResourceDefinition): FieldError[] {
  return [
    ...validateName(metadata, definition),
    ...validateMetadata(metadata),
    ...validateFinalizers(metadata),
    ...validateManagedFields(metadata),
  ];
}

/** Of owners that can be read at all: the names that a client gave them. */
function validateManagedFields({ managedFields = [] }: ObjectMeta): FieldError[] {
  return managedFields.flatMap(({ manager = '', subresource = '' }, at) => {
    const field = `metadata.managedFields[${at}]`;
    return [
      ...complainAboutFieldManager(manager, `${field}.manager`),
      ...(Buffer.byteLength(subresource) > LONGEST_SUBRESOURCE_BYTES
        ? [tooLong(`${field}.subresource`, LONGEST_SUBRESOURCE_BYTES)]
        : []),
    ];
  });
}

function validateName({ name = '' }: ObjectMeta, { validateName = complainAboutDnsSubdomain }: ResourceDefinition) {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  return invalidFor('metadata.name', name, validateName(name));
}

function validateFinalizers({ finalizers = [] }: ObjectMeta): FieldError[] {
  return finalizers.flatMap((finalizer, index) =>
    finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)
      ? []
      : invalidFor(`metadata.finalizers[${index}]`, finalizer, [
          'name is neither a standard finalizer name nor is it fully qualified',
        ]),
  );
}
