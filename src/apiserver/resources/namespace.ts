import type { Namespace } from '../../api/types/core-v1.ts';
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
};
