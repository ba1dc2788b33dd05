import type { Namespace } from '../../api/types/core-v1.ts';
import { invalidValue } from '../../api/validation/field-errors.ts';
import { complainAboutDnsLabel } from '../../api/validation/names.ts';
import type { ResourceDefinition } from './resource.ts';

export const namespace: ResourceDefinition<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  statusSubresource: true,
  returnsDeletedObject: true,
  ownFinalizers: {
    read: ({ spec }) => spec?.finalizers ?? [],
    write(object, finalizers) {
      object.spec = { ...object.spec };
      if (finalizers.length > 0) object.spec.finalizers = [...finalizers];
      else delete object.spec.finalizers;
    },
    markDeleted(object) {
      object.status = { ...object.status, phase: 'Terminating' };
    },
  },
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  applyDefaults: label,
  prepareForCreate(object) {
    label(object);
    const others = (object.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    object.spec = { ...object.spec, finalizers: [...others, 'kubernetes'] };
    object.status = { phase: 'Active' };
  },
  prepareForUpdate(next, previous) {
    // Only the subresource `finalize` changes them.
    const { finalizers } = previous.spec ?? {};
    next.spec = { ...next.spec, ...(finalizers === undefined ? {} : { finalizers }) };
    if (finalizers === undefined) delete next.spec.finalizers;
  },
  validateName: complainAboutDnsLabel,
  validate: ({ spec }) =>
    (spec?.finalizers ?? [])
      .filter((name) => name !== 'kubernetes' && !name.includes('/'))
      .map((name) =>
        invalidValue('spec.finalizers', name, 'name is neither a standard finalizer name nor is it fully qualified'),
      ),
  selectableFields: {
    'status.phase': ({ status }) => status?.phase ?? '',
  },
  columns: [
    {
      name: 'Status',
      type: 'string',
      description: 'Active, or Terminating while its objects are being deleted.',
      value: ({ status }) => status?.phase ?? '',
    },
  ],
};

function label({ metadata }: Namespace): void {
  const { name = '' } = metadata;
  if (name !== '') metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': name };
}
