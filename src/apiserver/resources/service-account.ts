import type { ServiceAccount } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const serviceAccount: ResourceDefinition<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  returnsDeletedObject: true,
};
