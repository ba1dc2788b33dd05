import type { FieldError } from '../../api/status.ts';
import type { Lease } from '../../api/types/coordination-v1.ts';
import { invalidValue } from '../../api/validation/field-errors.ts';
import type { ResourceDefinition } from './resource.ts';

export const lease: ResourceDefinition<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  createdByUpdate: true,
  validate({ spec = {} }) {
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
    const errors: FieldError[] = [];
    if (duration !== undefined && duration <= 0) {
      errors.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    }
    if (transitions !== undefined && transitions < 0) {
      errors.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return errors;
  },
  columns: [
    { name: 'Holder', type: 'string', description: 'Who holds it.', value: ({ spec }) => spec?.holderIdentity ?? '' },
  ],
};
